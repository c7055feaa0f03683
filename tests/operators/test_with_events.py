from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops

from rxvlm import Analysis, Clip, Event, Ledger, ModelError, collect, rule, vlm_from, watch
from rxvlm import operators as rxo
from rxvlm.ledger import Decision, Entry
from rxvlm.rules import AnyRule
from rxvlm.stream import Origin, Stream
from rxvlm.testing import END, play


def answer(people: int, at: int = 0, camera: str = "yard", captured: float | None = None) -> Analysis:
    clip = Clip(
        (b"x",), "image/jpeg", (at * 10.0,), 8, 8, at * 10.0, at * 10.0 + 10.0, captured=captured, source=camera
    )
    return Analysis(clip, "?", "m", 0.0, 1.0, value={"people": people})


def told(item: Any) -> Any:
    return (item.name, item.phase) if isinstance(item, Event) else item


def test_an_answer_comes_before_what_it_caused() -> None:
    """Answers come as they are; after each, the events of the rules in their order."""
    crowd, somebody = rule("crowd", "people > 5", need=(1, 1)), rule("somebody", "people > 0", need=(1, 1), clear=1)
    answers = [answer(1), answer(9, 1), answer(0, 2)]
    played = [told(item) for _, item in play(reactivex.of(*answers).pipe(rxo.with_events(crowd, somebody)))]
    assert played == [
        answers[0],
        ("somebody", "start"),
        answers[1],
        ("crowd", "start"),
        ("somebody", "update"),
        answers[2],
        ("somebody", "end"),
        ("crowd", "end"),
        END,
    ]


def test_without_rules_it_passes_answers_on() -> None:
    """No rule makes no event."""
    answers = [answer(1), answer(2)]
    assert [item for _, item in play(reactivex.of(*answers).pipe(rxo.with_events()))] == [*answers, END]


def test_a_rule_looks_at_its_cameras() -> None:
    """A rule for some cameras leaves the others out."""
    gate = rule("n", "people > 0", need=(1, 1), cameras=["gate", "hall"])
    played = play(reactivex.of(answer(1), answer(1, 0, "gate")).pipe(rxo.with_events(gate)))
    assert {item.camera for _, item in played if isinstance(item, Event)} == {"gate"}


def test_a_rule_has_its_hours() -> None:
    """Outside of its hours answers are left out, and an event that runs ends; a film is always inside."""
    night = rule("n", "people > 0", need=(1, 1), clear=1, active="22:00-06:00 UTC")

    def at(hour: int) -> float:
        return datetime(2026, 1, 5, hour, tzinfo=UTC).timestamp()

    answers = [
        answer(1, 0, captured=at(12)),
        answer(1, 1, captured=at(23)),
        answer(1, 2, captured=at(7)),
        answer(1, 3, captured=at(8)),
    ]
    played = [item for _, item in play(reactivex.of(*answers).pipe(rxo.with_events(night))) if isinstance(item, Event)]
    assert [(event.phase, event.start, event.reason) for event in played] == [
        ("start", 10.0, None),
        ("end", 10.0, "inactive"),
    ]
    film = [item for _, item in play(reactivex.of(answer(1)).pipe(rxo.with_events(night))) if isinstance(item, Event)]
    assert [event.phase for event in film] == ["start", "end"]


def test_what_is_not_given_is_told() -> None:
    """Suppressed events and those that ran at a disposal are dropped with their reason."""
    dropped: list[tuple[str, str]] = []
    again = rule("n", "people > 0", need=(1, 1), clear=1, cooldown=100.0)
    step = rxo.with_events(again, on_drop=lambda event, why: dropped.append((event.name, why)))
    play(reactivex.of(answer(1), answer(0, 1), answer(1, 2)).pipe(step))
    assert dropped == [("n", "cooldown")]


@pytest.mark.parametrize("wrong", ["people > 0", lambda _: True, 3, rule])
def test_only_rules_are_taken(wrong: Any) -> None:
    """Something else than a rule is an error at once."""
    with pytest.raises(TypeError, match="with_events takes rules"):
        rxo.with_events(wrong)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"name": ""}, ValueError, "has a name"),
        ({"condition": 3}, TypeError, "a condition is a function"),
        ({"condition": "people >"}, ValueError, "Syntax error"),
        ({"cameras": "yard"}, TypeError, r"cameras are a list of names, as in \['yard'\]"),
        ({"active": "now"}, ValueError, "is not a time zone"),
        ({"need": (2, 1)}, ValueError, "need"),
    ],
)
def test_a_rule_that_is_wrong_is_refused(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    """A mistake in a rule is an error when it is made."""
    whole: dict[str, Any] = {"name": "n", "condition": "people > 0", **wrong}
    with pytest.raises(error, match=said):
        rule(**whole)


def decided(ledger: Ledger, *rules: AnyRule, answers: list[Analysis]) -> list[tuple[str, str, int, bool]]:
    """Return (rule, outcome, how many held, whether an event runs) of each decision that the ledger is told."""
    heard: list[Decision] = []
    ledger.listen(lambda entry: heard.append(entry) if isinstance(entry, Decision) else None)
    play(reactivex.of(*answers).pipe(rxo.with_events(*rules, ledgers={"yard": ledger})))
    assert [one.span for one in heard] == [answer.clip.span for answer in answers for _ in rules]
    return [(one.rule, one.outcome, one.held, one.event is not None) for one in heard]


def test_the_ledger_is_told_what_a_rule_decided() -> None:
    """For each answer: it did not hold, is unknown, held too seldom, or an event began, ran on or is held back."""
    unknown = Analysis(answer(0, 3).clip, "?", "m", 0.0, 1.0, error=ModelError("no"))
    answers = [answer(0), answer(1, 1), answer(0, 2), unknown, answer(1, 4), answer(1, 5), answer(0, 6), answer(0, 7)]
    seldom = rule("crowd", "people > 0", need=(2, 3), clear=2, cooldown=60.0)
    assert decided(Ledger("yard"), seldom, answers=[*answers, answer(1, 8), answer(1, 9)]) == [
        ("crowd", "did not hold", 0, False),
        ("crowd", "held", 1, False),
        ("crowd", "did not hold", 1, False),
        ("crowd", "unknown", 0, False),
        ("crowd", "alerted", 2, True),
        ("crowd", "alerted", 2, True),
        ("crowd", "did not hold", 2, True),
        ("crowd", "did not hold", 0, False),
        ("crowd", "held", 1, False),
        ("crowd", "cooled down", 2, True),
    ]


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("persons > 0", "there is no field 'persons'"),
        (lambda _: None, "it returned None"),
        (lambda _: 1, "it returned 1, not True, False or None"),
        (lambda _: 1 / 0, "it raised ZeroDivisionError: division by zero"),
    ],
)
def test_the_ledger_is_told_why_an_answer_is_unknown(condition: Any, why: str) -> None:
    """Of a condition as text what is missing, of a function what it did."""
    heard: list[Entry] = []
    ledger = Ledger("yard")
    ledger.listen(heard.append)
    play(reactivex.of(answer(1)).pipe(rxo.with_events(rule("n", condition), ledgers={"yard": ledger})))
    assert [(one.outcome, one.why) for one in heard if isinstance(one, Decision)] == [("unknown", why)]


def test_the_ledger_is_told_of_answers_outside_of_the_hours() -> None:
    """An answer that was filmed outside of a rule's hours is inactive to it."""
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()
    night = rule("night", "people > 0", need=(1, 1), active="22:00-06:00 UTC")
    assert decided(Ledger("yard"), night, answers=[answer(1, captured=noon)]) == [("night", "inactive", 0, False)]


def test_events_when_tells_the_ledger_of_its_stream() -> None:
    """The ledgers that a stream carries are told, each of the answers of its camera."""
    ledger = Ledger("yard")
    heard: list[Entry] = []
    ledger.listen(heard.append)
    answers = Stream.of(reactivex.of(answer(1), answer(1, camera="gate")), Origin({"yard": ledger, "hall": Ledger()}))
    play(answers.pipe(rxo.events_when("people > 0", need=(1, 1))))
    assert [(one.camera, one.outcome) for one in heard if isinstance(one, Decision)] == [("yard", "alerted")]


def test_a_rule_that_never_applied_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A condition that was unknown for every answer is no silent no, also of a short film."""
    unknown, known = rule("typo", "peple > 0"), rule("some", "people > 0")
    answers = watch("demo:yard?seconds=4&fps=4", vlm_from(lambda _clip, _prompt: "x"), every=2.0)
    seen = answers.pipe(ops.map(lambda one: replace(one, value={"people": 1})), rxo.with_events(unknown, known))
    with caplog.at_level(logging.WARNING, "rxvlm"):
        collect(seen)
    assert [record.getMessage() for record in caplog.records] == [
        "the rule 'typo' never applied: each of 2 answers was unknown: there is no field 'peple'"
    ]
