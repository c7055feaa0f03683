from __future__ import annotations

import threading

import pytest

from rxvlm.concurrency.serial import Serial

WATCHDOG = 30.0


def test_an_action_runs_at_once() -> None:
    """An idle Serial runs an action before the call returns."""
    done: list[int] = []
    Serial()(lambda: done.append(1))
    assert done == [1]


def test_an_action_may_add_actions_that_come_later() -> None:
    """What an action adds runs after it, not inside it."""
    serial, log = Serial(), list[str]()

    def outer() -> None:
        serial(lambda: log.append("inner"))
        log.append("outer")

    serial(outer)
    assert log == ["outer", "inner"]


def test_many_actions_do_not_recurse() -> None:
    """A chain of actions each of which adds the next is run in a loop."""
    serial, left = Serial(), [10_000]

    def again() -> None:
        left[0] -= 1
        if left[0]:
            serial(again)

    serial(again)
    assert left == [0]


def test_a_second_thread_leaves_its_action_to_the_first() -> None:
    """While one thread is inside an action another's call returns at once; the first runs it, in order."""
    serial, log = Serial(), list[tuple[str, int]]()
    inside, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        assert let_go.wait(WATCHDOG)
        log.append(("held", threading.get_ident()))

    first = threading.Thread(target=serial, args=(hold,), daemon=True)
    first.start()
    assert inside.wait(WATCHDOG)
    for name in ("second", "third"):
        serial(lambda name=name: log.append((name, threading.get_ident())))
    assert log == []
    let_go.set()
    first.join(WATCHDOG)
    assert log == [("held", first.ident), ("second", first.ident), ("third", first.ident)]


def test_it_is_mine_only_inside_my_own_action() -> None:
    """`mine` is true for the thread that runs an action, and for no other, nor after it."""
    serial = Serial()
    inside, let_go = threading.Event(), threading.Event()
    mine: list[bool] = []

    def hold() -> None:
        mine.append(serial.mine)
        inside.set()
        assert let_go.wait(WATCHDOG)

    thread = threading.Thread(target=serial, args=(hold,), daemon=True)
    thread.start()
    assert inside.wait(WATCHDOG)
    mine.append(serial.mine)
    let_go.set()
    thread.join(WATCHDOG)
    serial(lambda: mine.append(serial.mine))
    mine.append(serial.mine)
    assert mine == [True, False, True, False]


def test_what_an_action_raises_comes_out_after_those_behind_it() -> None:
    """An action that raises does not take with it those that wait behind it; the Serial can be used again."""
    serial, log = Serial(), list[str]()

    def bad() -> None:
        serial(lambda: log.append("behind"))
        raise RuntimeError("bad")

    with pytest.raises(RuntimeError, match="bad"):
        serial(bad)
    assert log == ["behind"]
    assert not serial.mine
    serial(lambda: log.append("again"))
    assert log == ["behind", "again"]
