"""Cameras that come and go, on virtual time."""

from __future__ import annotations

from typing import Any, cast

import pytest
import reactivex
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Analysis, Frame, Ledger, LiveTable, Stop, watch_all
from rxvlm.errors import UriError
from rxvlm.testing import END, Say, frames_at, play, scripted, video_of


def camera(seconds: int) -> Observable[Frame]:
    """Return a camera with a frame a second, from the subscription on."""
    return video_of(frames_at([float(second) for second in range(seconds)]))


def heard(cameras: Any, *, clock: VirtualTimeScheduler, model: Any = None, **how: Any) -> list[tuple[float, Any]]:
    """Return (second, (camera, window's start)) of each analysis, and the end or error."""
    model = model or scripted(Say("yes", seconds=0.5))
    stream = watch_all(cameras, model, every=10.0, scheduler=clock, **how)
    return [
        (time, (item.clip.source, item.clip.start) if isinstance(item, Analysis) else item)
        for time, item in play(stream, scheduler=clock, seconds=1000.0)
    ]


def at(clock: VirtualTimeScheduler, *changes: tuple[float, dict[str, Any] | None]) -> Observable[Any]:
    """Return a stream of mappings, each at its second of the clock; None is the end."""
    mappings: Subject[Any] = Subject()
    for second, cameras in changes:
        clock.schedule_absolute(
            second,
            lambda *_, cameras=cameras: mappings.on_completed() if cameras is None else mappings.on_next(cameras),
        )
    return mappings


def test_cameras_come_and_go() -> None:
    """A camera that is new in the mapping starts, one that is missing is disposed of, the others go on as they are."""
    clock = VirtualTimeScheduler(0.0)
    yard, gate = camera(60), camera(60)
    changes = at(
        clock, (1.0, {"yard": yard}), (15.0, {"yard": yard, "gate": gate}), (32.0, {"gate": gate}), (40.0, None)
    )
    assert heard(changes, clock=clock) == [
        (11.5, ("yard", 0.0)),
        (21.5, ("yard", 10.0)),
        (25.5, ("gate", 0.0)),
        (31.5, ("yard", 20.0)),
        (35.5, ("gate", 10.0)),
        (45.5, ("gate", 20.0)),
        (55.5, ("gate", 30.0)),
        (65.5, ("gate", 40.0)),
        (74.5, ("gate", 50.0)),
        (74.5, END),
    ]


def test_what_a_camera_leaves_behind_is_counted() -> None:
    """The ledger of a camera that was disposed of adds up; missing ledgers are added to the dict."""
    clock, ledgers = VirtualTimeScheduler(0.0), dict[str, Ledger]()
    yard = camera(60)
    heard(at(clock, (1.0, {"yard": yard}), (26.0, {}), (27.0, None)), clock=clock, ledgers=ledgers)
    tally = ledgers["yard"].snapshot()
    assert (tally.captured, tally.analysed, dict(tally.dropped)) == (25, 20, {"disposed": 5})


def test_another_source_of_the_same_name_begins_anew() -> None:
    """The old source is disposed of, and the windows of the new one begin at 0."""
    clock = VirtualTimeScheduler(0.0)
    changes = at(clock, (1.0, {"yard": camera(60)}), (15.0, {"yard": camera(12)}), (16.0, None))
    assert heard(changes, clock=clock) == [
        (11.5, ("yard", 0.0)),
        (25.5, ("yard", 0.0)),
        (26.5, ("yard", 10.0)),
        (26.5, END),
    ]


def test_one_that_has_ended_is_not_begun_again() -> None:
    """A file that has ended is not played again while it stays in the mapping; removed and added again, it is."""
    clock, yard = VirtualTimeScheduler(0.0), camera(3)
    changes = at(
        clock,
        (1.0, {"yard": yard}),
        (9.0, {"yard": yard, "gate": camera(2)}),
        (20.0, {}),
        (30.0, {"yard": yard}),
        (31.0, None),
    )
    assert [(time, item if item is END else item[0]) for time, item in heard(changes, clock=clock)] == [
        (3.5, "yard"),
        (10.5, "gate"),
        (32.5, "yard"),
        (32.5, END),
    ]


def test_a_camera_that_can_never_be_opened_harms_no_other() -> None:
    """A wrong address of a camera that comes later is that camera's error; it comes when all have ended."""
    clock = VirtualTimeScheduler(0.0)
    changes = at(clock, (1.0, {"yard": camera(20)}), (5.0, {"yard": camera(5), "gate": "gopher://x"}), (6.0, None))
    said = heard(changes, clock=clock)
    assert said[0] == (9.5, ("yard", 0.0))
    assert isinstance(said[-1][1], UriError)


def test_the_error_of_the_mappings_ends_everything() -> None:
    """An error of the stream of mappings ends the analyses, after those that were outstanding."""
    clock = VirtualTimeScheduler(0.0)
    broken = RuntimeError("no more cameras")
    changes = reactivex.concat(reactivex.just({"yard": camera(5)}), reactivex.throw(broken))
    assert heard(changes, clock=clock) == [(4.5, ("yard", 0.0)), (4.5, broken)]


def test_a_stop_ends_cameras_that_come_and_go() -> None:
    """A Stop ends the cameras, and the stream of mappings, too."""
    clock, stop = VirtualTimeScheduler(0.0), Stop()
    clock.schedule_absolute(14.2, lambda *_: stop.set())
    changes = at(clock, (1.0, {"yard": camera(60)}))
    assert heard(changes, clock=clock, stop=stop) == [(11.5, ("yard", 0.0)), (14.7, ("yard", 10.0)), (14.7, END)]


def test_a_table_shows_cameras_that_came_later() -> None:
    """A table of a dict of ledgers shows a row for a ledger that is added later."""
    ledgers = {"yard": Ledger("yard")}
    live = LiveTable(ledgers)
    ledgers["gate"] = Ledger("gate")
    assert [row.tally.name for row in live.rows()] == ["yard", "gate"]


def test_no_camera_at_all_is_refused() -> None:
    """An empty mapping is a ValueError at once."""
    with pytest.raises(ValueError, match="no camera"):
        watch_all({}, scripted("yes"))


def test_cameras_without_names_are_refused() -> None:
    """A list instead of a mapping is a TypeError that shows the right form."""
    with pytest.raises(TypeError, match=r"takes cameras by name, as in \{'yard': address\}, not a list"):
        watch_all(cast("Any", ["demo:yard"]), scripted("a cat"))
