from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxvlm import Event
from rxvlm.rules.detection import Detection, Moment, Thresholds

sequences = st.lists(st.booleans(), max_size=40)
needs = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda need: (min(need), max(need)))
thresholds = st.builds(
    Thresholds, need=needs, clear=st.integers(1, 3), cooldown=st.sampled_from([0.0, 10.0, 35.0, 100.0])
)


class Told:
    """What a detection gave and dropped, with the number of the answer at which it did."""

    def __init__(self, rules: Thresholds) -> None:
        self.at = -1
        self.given: list[tuple[int, Event]] = []
        self.dropped: list[tuple[int, Event]] = []
        self.detection = Detection(
            "n",
            "yard",
            rules,
            give=lambda event: self.given.append((self.at, event)),
            drop=lambda event, _reason: self.dropped.append((self.at, event)),
        )

    def take(self, answers: list[bool]) -> Told:
        for self.at, held in enumerate(answers):
            start = self.at * 10.0
            self.detection.on_answer(None, Moment(start, start + 10.0, None), held=held)
        return self


def story(told: Told) -> list[tuple[int, str, float, float, int]]:
    return [(at, event.phase, event.start, event.end, event.count) for at, event in told.given]


def by_hand(rules: Thresholds, answers: list[bool]) -> tuple[list[Any], list[int]]:
    """Find the events as the laws are written, slowly, from the whole past."""
    given: list[Any] = []
    dropped: list[int] = []
    known: deque[int] = deque()  # answers since the last end, given or not
    first = shown = last_end = None
    for at, held in enumerate(answers):
        known.append(at)
        recent = [one for one in list(known)[-rules.need[1] :] if answers[one]]
        free = last_end is None or at * 10.0 >= last_end + rules.cooldown
        if first is None:
            if held and len(recent) >= rules.need[0]:
                first, shown = recent[0], free
                if free:
                    given.append((at, "start", first, at))
                else:
                    dropped.append(at)
        elif held:
            if shown or free:
                given.append((at, "update" if shown else "start", first, at))
            shown = shown or free
        elif (
            not any(answers[one] for one in list(known)[-rules.clear :]) and at - _last_held(answers, at) >= rules.clear
        ):
            if shown:
                last_end = _last_held(answers, at) * 10.0 + 10.0
                given.append((at, "end", first, _last_held(answers, at)))
            first = shown = None
            known.clear()
    return given, dropped


def _last_held(answers: list[bool], at: int) -> int:
    return max(one for one in range(at) if answers[one])


@settings(max_examples=500)
@given(thresholds, sequences)
def test_the_laws(rules: Thresholds, answers: list[bool]) -> None:
    """Starts, updates, ends and suppressed events come where the laws say, with the span of what held."""
    told = Told(rules).take(answers)
    given, dropped = by_hand(rules, answers)
    assert [(at, event.phase, event.start, event.end) for at, event in told.given] == [
        (at, phase, first * 10.0, last * 10.0 + 10.0) for at, phase, first, last in given
    ]
    assert [at for at, _ in told.dropped] == dropped


@given(thresholds, sequences)
def test_one_id_is_one_event(rules: Thresholds, answers: list[bool]) -> None:
    """Phases of an id come as start, updates, end; the count rises; its clips held."""
    told = Told(rules).take(answers)
    told.detection.end("stream ended")
    lives: dict[str, list[Event]] = {}
    for _, event in told.given:
        lives.setdefault(event.id, []).append(event)
    for life in lives.values():
        assert [event.phase for event in life] == ["start", *["update"] * (len(life) - 2), "end"]
        assert [event.count for event in life[:-1]] == list(range(life[0].count, life[0].count + len(life) - 1))
        assert len({event.start for event in life}) == 1
        assert life[-1].count == sum(answers[int(life[-1].start // 10) : int(life[-1].end // 10)])
    assert sum(event.phase == "end" for _, event in told.given) == len(lives)


def test_a_suppressed_event_is_given_once_the_cooldown_is_over() -> None:
    """An event in the cooldown is told once; if it still holds after it, it comes with its own start and id."""
    told = Told(Thresholds(need=(1, 1), clear=1, cooldown=30.0)).take([True, False, True, True, True, False])
    assert story(told) == [
        (0, "start", 0.0, 10.0, 1),
        (1, "end", 0.0, 10.0, 1),
        (4, "start", 20.0, 50.0, 3),
        (5, "end", 20.0, 50.0, 3),
    ]
    [(at, dropped)] = told.dropped
    assert (at, dropped.phase, dropped.id) == (2, "start", told.given[2][1].id)


def test_a_suppressed_event_arms_no_cooldown() -> None:
    """What was never given does not make the cooldown longer, and ends without a word."""
    told = Told(Thresholds(need=(1, 1), clear=1, cooldown=30.0)).take([True, False, True, False, True])
    assert [(at, event.phase) for at, event in told.given] == [(0, "start"), (1, "end"), (4, "start")]


def test_what_runs_when_the_subscriber_leaves_is_dropped() -> None:
    """A running event is dropped as disposed; a suppressed one is not told again."""
    told = Told(Thresholds(need=(1, 1), clear=1, cooldown=100.0)).take([True])
    told.detection.leave()
    [(_, dropped)] = told.dropped
    assert (dropped.phase, dropped.reason) == ("end", "disposed")
    suppressed = Told(Thresholds(need=(1, 1), clear=1, cooldown=100.0)).take([True, False, True])
    suppressed.detection.leave()
    assert [event.phase for _, event in suppressed.dropped] == ["start"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"need": (0, 1)}, ValueError),
        ({"need": (3, 2)}, ValueError),
        ({"need": (1, 2, 3)}, ValueError),
        ({"need": (1.5, 2)}, TypeError),
        ({"clear": 0}, ValueError),
        ({"clear": 1.5}, TypeError),
        ({"cooldown": -1.0}, ValueError),
        ({"cooldown": float("nan")}, ValueError),
        ({"cooldown": "5"}, TypeError),
        ({"lost_after": 0.0}, ValueError),
        ({"lost_after": float("inf")}, ValueError),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any], error: type[Exception]) -> None:
    """Numbers that make no sense are an error at once."""
    with pytest.raises(error, match=next(iter(wrong))):
        Thresholds(**wrong)
