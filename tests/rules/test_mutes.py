"""A muted rule: its events are found, marked and stored; no sink gets them, and the store tells why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Analysis, Clip, Event, Ledger, collect, rule
from rxvlm import operators as rxo
from rxvlm.ledger import Decision
from rxvlm.operators.bounding.alerts import Alerts
from rxvlm.rules import Mutes, model_down
from rxvlm.rules.outlet import Detector, Outlet
from rxvlm.stream import Origin, Stream
from rxvlm.testing import play

T0 = 1_700_000_000.0
PERSON = rule("person", "people > 0", need=(1, 1), clear=1)


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


def answer(at: int, people: int, camera: str = "yard") -> Analysis:
    start = at * 10.0
    captured = T0 + start + 10.0
    clip = Clip((b"x",), "image/jpeg", (start,), 8, 8, start, start + 10.0, captured=captured, source=camera)
    return Analysis(clip, "?", "m", captured, captured + 1.0, value={"people": people})


def phases(items: list[Any]) -> list[tuple[str, bool]]:
    return [(item.phase, item.muted) for item in items if isinstance(item, Event)]


class Watched:
    """Answers of a camera, one every 10 s, behind a rule, with a sink and a store behind it."""

    def __init__(self, **options: Any) -> None:
        self.clock, self.given, self.sunk = Clock(), list[Any](), list[Any]()
        self.mutes = Mutes(clock=self.clock)
        self.ledger = Ledger("yard")
        self.decided: list[str] = []
        self.ledger.listen(lambda entry: self.decided.append(entry.outcome) if isinstance(entry, Decision) else None)
        self.answers = Subject[Analysis]()
        person = rule("person", "people > 0", need=(1, 1), clear=1, **options)
        stream = Stream.of(self.answers, Origin({"yard": self.ledger}))
        events = stream.pipe(rxo.with_events(person, mutes=self.mutes))
        events.pipe(rxo.to(self.sunk.append, scheduler=ImmediateScheduler())).subscribe(self.given.append)

    def see(self, *people: int) -> None:
        for seen in people:
            self.answers.on_next(answer(round((self.clock.now - T0) / 10), seen))
            self.clock.now += 10.0


def test_a_mute_lasts_for_its_time() -> None:
    """A rule is muted until its seconds are over, for all cameras or for one; unmute ends it."""
    clock = Clock()
    mutes = Mutes(clock=clock)
    mutes.mute("person", 30.0)
    mutes.mute("car", camera="yard")
    assert mutes.until("person", "gate") == T0 + 30.0
    assert (mutes.until("car", "yard"), mutes.until("car", "gate"), mutes.until("car")) == (float("inf"), None, None)
    assert set(mutes.current()) == {("person", None), ("car", "yard")}
    clock.now += 30.0
    assert mutes.until("person", "gate") is None
    assert set(mutes.current()) == {("car", "yard")}
    assert (mutes.unmute("car"), mutes.unmute("car", camera="yard"), mutes.unmute("car", camera="yard")) == (
        False,
        True,
        False,
    )


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf")])
def test_a_time_that_is_none(seconds: float) -> None:
    """Seconds are above 0, and finite."""
    with pytest.raises(ValueError, match="seconds"):
        Mutes().mute("person", seconds)


def test_an_event_of_a_muted_rule_is_marked_and_no_sink_gets_it() -> None:
    """Its start, updates and end are in the stream, muted; the decision says so, and the sink gets answers alone."""
    one = Watched()
    one.mutes.mute("person")
    one.see(0, 1, 1, 0)
    assert phases(one.given) == [("start", True), ("update", True), ("end", True)]
    assert phases(one.sunk) == []
    assert len(one.sunk) == 4
    assert one.decided == ["did not hold", "muted", "muted", "did not hold"]


def test_an_event_that_goes_on_when_the_mute_is_over_is_an_alert_then() -> None:
    """The sink gets its start then, with the event's own beginning, and its end."""
    one = Watched()
    one.mutes.mute("person", 15.0)
    one.see(1, 1, 1, 1, 0)
    assert phases(one.given) == [
        ("start", True),
        ("update", True),
        ("update", False),
        ("update", False),
        ("end", False),
    ]
    assert phases(one.sunk) == [("start", False), ("update", False), ("end", False)]
    (start, *_) = [item for item in one.sunk if isinstance(item, Event)]
    assert (start.start, start.count) == (0.0, 3)
    assert one.decided == ["muted", "muted", "alerted", "alerted", "did not hold"]


def test_an_event_that_began_before_the_mute_ends_for_its_sinks() -> None:
    """Its updates are held back in the mute; its end is not, since whoever got the start waits for it."""
    one = Watched()
    one.see(1)
    one.mutes.mute("person")
    one.see(1, 0)
    assert phases(one.given) == [("start", False), ("update", True), ("end", False)]
    assert phases(one.sunk) == [("start", False), ("end", False)]


def test_a_muted_event_arms_no_cooldown() -> None:
    """What alerted nobody does not keep the next alert back."""
    one = Watched(cooldown=1000.0)
    one.mutes.mute("person", 15.0)
    one.see(1, 0, 1, 0)
    assert phases(one.sunk) == [("start", False), ("end", False)]
    assert one.decided[-2:] == ["alerted", "did not hold"]


def test_only_the_camera_that_was_named_is_muted() -> None:
    """A mute for one camera leaves the others' alerts."""
    mutes = Mutes()
    mutes.mute("person", camera="gate")
    answers = [answer(0, 1), answer(0, 1, "gate")]
    given = collect(reactivex.of(*answers).pipe(rxo.with_events(PERSON, mutes=mutes)))
    begun = {item.camera: item.muted for item in given if isinstance(item, Event) and item.phase == "start"}
    assert begun == {"yard": False, "gate": True}


def test_rules_about_the_system_are_muted_by_name() -> None:
    """model_down and its like are rules as any other."""
    mutes = Mutes()
    mutes.mute("model_down")
    failed = [replace(answer(at, 1), error=ValueError("no")) for at in range(4)]  # pyright: ignore[reportArgumentType] - any error
    given = collect(reactivex.of(*failed).pipe(rxo.with_events(model_down, mutes=mutes)))
    assert phases(given) == [("start", True), ("update", True), ("update", True), ("end", True)]


class Own:
    """A rule of a user's own, which gives events without knowing of mutes."""

    name = "own"

    def begin(self, outlet: Outlet) -> Detector:
        class Each:
            def on_analysis(self, analysis: Analysis) -> None:
                clip = analysis.clip
                event = Event(id="1", name="own", camera=clip.source, phase="start", start=clip.start, end=clip.end)
                outlet.give(event)
                outlet.give(replace(event, phase="end"))

            def end(self, reason: str) -> None:
                pass

            def leave(self) -> None:
                pass

        return Each()


def test_a_rule_of_the_user_is_muted() -> None:
    """Whatever rule gives an event, none reaches a sink while it is muted."""
    mutes, sunk = Mutes(), list[Any]()
    mutes.mute("own")
    given = collect(reactivex.of(answer(0, 1)).pipe(rxo.with_events(Own(), mutes=mutes), rxo.to(sunk.append)))
    assert phases(given)[0] == ("start", True)
    assert phases(sunk) == []


def test_a_dict_and_back() -> None:
    """JSON has it, and a record of an older version is not muted."""
    event = Event(id="1", name="n", camera="c", phase="end", start=0.0, end=1.0, muted=True)
    record = event.to_dict()
    assert record["muted"] is True
    assert Event.from_dict(record).muted
    del record["muted"]
    assert not Event.from_dict(record).muted
    assert "muted" in repr(event)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=40))
def test_a_sink_gets_of_each_event_one_start_and_one_end_or_nothing(story: list[tuple[int, bool]]) -> None:
    """Whatever is muted when: for a sink, too, an event is a start, updates and an end; at the end none is open."""
    one = Watched()
    for people, muted in story:
        if muted:
            one.mutes.mute("person")
        else:
            one.mutes.unmute("person")
        one.see(people)
    one.answers.on_completed()
    of_event: dict[str, list[str]] = {}
    for item in one.sunk:
        if isinstance(item, Event):
            assert not item.muted
            of_event.setdefault(item.id, []).append(item.phase)
    for heard in of_event.values():
        assert (heard[0], heard[-1]) == ("start", "end")
        assert set(heard[1:-1]) <= {"update"}


def test_what_is_remembered_is_bounded() -> None:
    """Of events that never end, the oldest are forgotten."""
    alerts = Alerts(all_events=False)
    for number in range(20_000):
        event = Event(id=str(number), name="n", camera="c", phase="start", start=0.0, end=1.0, muted=True)
        assert alerts.of(event) is None
    assert len(alerts._held_back) == 10_000  # pyright: ignore[reportPrivateUsage] - the bound is inside


def test_a_mute_by_a_clock_of_its_own() -> None:
    """On virtual time, too, a mute is over when its seconds are."""
    clock = VirtualTimeScheduler(T0)
    mutes = Mutes(clock=lambda: clock.to_seconds(clock.now))
    mutes.mute("person", 25.0)
    answers = reactivex.interval(10.0).pipe(ops.map(lambda at: answer(at, at % 2)))
    given = play(answers.pipe(rxo.with_events(PERSON, mutes=mutes)), seconds=65.0, scheduler=clock)
    starts = [(time - T0, item.muted) for time, item in given if isinstance(item, Event) and item.phase == "start"]
    assert starts == [(20.0, True), (40.0, False), (60.0, False)]
