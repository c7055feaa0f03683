"""Patience: what is left to a call that waits, and what another thread does to it."""

from __future__ import annotations

import math
import threading

from conftest import WATCHDOG

from rxvlm.concurrency.patience import Patience


def test_there_is_no_end_unless_told() -> None:
    """The earliest end counts, and may be forgotten."""
    now, slept = [0.0], list[float]()
    patience = Patience(lambda: now[0], slept.append)
    assert patience.left() == math.inf
    patience.end_within(10.0)
    patience.end_within(20.0)
    now[0] = 4.0
    assert patience.left() == 6.0
    now[0] = 11.0
    assert patience.left() == 0.0
    patience.renew()
    assert patience.left() == math.inf


def test_a_wait_is_no_longer_than_what_is_left() -> None:
    """On a clock of the caller's own it sleeps there."""
    slept: list[float] = []
    patience = Patience(lambda: 0.0, slept.append)
    patience.end_within(3.0)
    assert not patience.wait(60.0)
    assert slept == [3.0]


def test_an_end_wakes_a_wait() -> None:
    """A thread that waits for an hour hears at once that there are only ten minutes left."""
    patience, woken, begun = Patience(), list[bool](), threading.Event()

    def wait() -> None:
        begun.set()
        woken.append(patience.wait(3600.0))

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(WATCHDOG)
    while thread.is_alive():  # it may not wait yet
        patience.renew()
        patience.end_within(600.0)
        thread.join(0.01)
    assert woken == [True]


def test_a_wait_that_is_over_was_not_cut_short() -> None:
    """It says so."""
    assert not Patience().wait(0.001)


def test_what_others_use_does_not_end() -> None:
    """Only the last user may end it."""
    patience = Patience(lambda: 0.0)
    patience.enter()
    patience.enter()
    patience.end_within(1.0)
    assert patience.left() == math.inf
    assert not patience.leave()
    patience.end_within(1.0)
    assert patience.left() == 1.0
    assert patience.leave()
    assert patience.leave()
    assert patience.users == 0
