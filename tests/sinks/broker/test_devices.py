from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

import rxvlm
from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.sinks.broker.connection import Connection
from rxvlm.sinks.broker.devices import Devices

CLIP = Clip((b"\xff\xd8",), "image/jpeg", (10.0,), 8, 8, 10.0, 20.0, captured=1000.0, source="yard")
ANSWER = Analysis(CLIP, "What?", "m", 1001.0, 1003.0, "A dog.")


class Recorder:
    """Takes what would go to a broker."""

    connected = True

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def retain(self, topic: str, payload: str | bytes) -> None:
        self.said.append((topic, payload))

    def send(self, topic: str, payload: str) -> None:
        self.said.append((topic, payload))

    def at(self, topic: str) -> list[Any]:
        return [payload for where, payload in self.said if where == topic]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def devices(recorder: Recorder, *rules: rxvlm.rules.AnyRule) -> Devices:
    return Devices(cast("Connection", recorder), "rxvlm", "homeassistant", rules)


def test_an_age_grows_while_no_answer_comes(recorder: Recorder) -> None:
    """It is told with each answer, and every 30 seconds after it."""
    made = devices(recorder)
    made.take(ANSWER, 1003.0)
    for now in (1004.0, 1032.9, 1033.0, 1034.0, 1063.0):
        made.look({}, now)
    assert recorder.at("rxvlm/yard/age") == ["3.0", "33.0", "63.0"]


def test_the_age_of_a_film_is_unknown(recorder: Recorder) -> None:
    """A film was not filmed at any known time."""
    made = devices(recorder)
    span = replace(CLIP.span, captured=None)
    made.take(replace(ANSWER, clip=replace(CLIP, span=span)), 1003.0)
    made.look({}, 2000.0)
    assert recorder.at("rxvlm/yard/age") == ["None"]


def test_a_camera_is_connected_while_its_ledger_says_so(recorder: Recorder) -> None:
    """Each change is told once; a camera whose ledger has left is not connected."""
    made, ledger = devices(recorder), Ledger("yard")
    for state in ("connecting", "live", "live", "stalled"):
        ledger.state(state)
        made.look({"yard": ledger}, 0.0)
    ledger.state("live")
    made.look({"yard": ledger}, 0.0)
    made.look({}, 0.0)
    assert recorder.at("rxvlm/yard/connected") == ["OFF", "ON", "OFF", "ON", "OFF"]


def test_without_a_ledger_nothing_is_said_of_the_connection(recorder: Recorder) -> None:
    """An answer shows only that the camera was there."""
    made = devices(recorder)
    made.take(ANSWER, 1003.0)
    made.look({}, 1004.0)
    assert recorder.at("rxvlm/yard/connected") == []


def test_a_rule_stands_where_its_events_may_come(recorder: Recorder) -> None:
    """A rule about some cameras is announced for these; one about models has a device of its own."""
    gate = rxvlm.rule("open", lambda _: True, cameras=["gate"])
    devices(recorder, gate, rxvlm.rules.model_down).look({"gate": Ledger("gate"), "yard": Ledger("yard")}, 0.0)
    states = [topic for topic, payload in recorder.said if payload == "OFF" and "/rules/" in topic]
    assert states == ["rxvlm/_system/rules/model_down", "rxvlm/gate/rules/open"]


def test_what_is_meant_to_cause_nothing_is_not_published(recorder: Recorder) -> None:
    """Answers that are asked to measure, and failed ones, are left out."""
    made = devices(recorder)
    made.take(replace(ANSWER, marks=frozenset({"shadow"})), 0.0)
    made.take(replace(ANSWER, error=rxvlm.ModelError("no")), 0.0)
    assert recorder.said == []


def test_an_event_about_the_system_has_no_answer(recorder: Recorder) -> None:
    """It says why, in its attributes and as it happens."""
    event = Event(id="1", name="model_down", camera="", phase="start", start=0.0, end=0.0, reason="m: refused")
    devices(recorder).take(event, 0.0)
    assert '"reason": "m: refused"' in recorder.at("rxvlm/_system/rules/model_down/event")[0]
    assert recorder.at("rxvlm/_system/rules/model_down") == ["OFF", "ON"]
