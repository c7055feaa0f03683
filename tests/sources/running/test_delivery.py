from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reactivex
from reactivex.subject import Subject

from rxvlm import Frame, Ledger
from rxvlm.sources.running.delivery import counted
from rxvlm.testing import frames_at, video_of

States = list[tuple[str, str]]


def ledger() -> tuple[Ledger, States]:
    """Make a ledger, and the list of the states that it announces."""
    told: States = []
    return Ledger("yard", lambda _name, state, reason: told.append((state, reason))), told


def test_frames_are_counted_and_named(hear: Callable[..., Any]) -> None:
    """Each frame is captured in the ledger and carries the camera's name; the end is a state."""
    book, told = ledger()
    heard = hear(counted(video_of(frames_at([0.0, 1.0])), book, live=False, name="gate"))
    assert [frame.source for frame in heard.items] == ["gate", "gate"]
    assert (book.snapshot().captured, book.snapshot().time, book.live) == (2, 1.0, False)
    assert told == [("playing", ""), ("ended", "")]


def test_an_error_is_a_state(hear: Callable[..., Any]) -> None:
    """A stream that fails sets the state to failed, with the error as the reason, before the subscriber hears of it."""
    book, told = ledger()
    hear(counted(reactivex.throw(ValueError("unplugged")), book, live=True))
    assert told == [("failed", "unplugged")]


def test_nothing_is_counted_after_a_disposal() -> None:
    """A subscriber that leaves ends the camera, and frames that still come are neither counted nor delivered."""
    book, told = ledger()
    camera, heard = Subject[Frame](), list[Frame]()
    subscription = counted(camera, book, live=True).subscribe(heard.append)
    first, second = frames_at([0.0, 1.0], live=True)
    camera.on_next(first)
    subscription.dispose()
    camera.on_next(second)
    assert (heard, book.snapshot().captured) == ([first], 1)
    assert told == [("live", ""), ("ended", "disposed")]
