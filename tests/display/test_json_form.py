from __future__ import annotations

import json
import math
import pickle
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from rxvlm import Analysis, Clip, ClipGoneError, Event, collect, errors, models, vlm_from
from rxvlm.display.json_form import error_from, error_record
from rxvlm.errors import ModelError, RxvlmError
from rxvlm.sinks import as_record
from rxvlm.vlm import Usage
from rxvlm.window import Span

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "docs/reference/json-1.schema.json").read_text(encoding="utf-8"))
VALID = Draft202012Validator(SCHEMA)
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RxvlmError)]
CLIP = Clip((b"x", b"y"), "image/jpeg", (10.0, 12.5), 8, 8, 10.0, 20.0, captured=1000.0, source="yard", seen=300)
GONE = replace(CLIP, data=None)
GONE_FILM = replace(GONE, media_type="video/mp4")
SERVER = models.openai_compatible("http://127.0.0.1:9/v1", "m")

seconds = st.integers(0, 10**11).map(lambda ticks: ticks / 10**6)
epoch_seconds = st.integers(10**15, 3 * 10**15).map(lambda ticks: ticks / 10**6)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
words = st.text(max_size=20)
spans = st.builds(
    Span,
    seconds,
    seconds,
    st.none() | epoch_seconds,
    words,
    epoch=st.integers(0, 9),
    seen=st.integers(0, 999),
    fresh=st.integers(0, 999),
    slot=st.none() | st.integers(0, 10**15),
)
clips = st.builds(
    Clip,
    st.just((b"x",)),
    st.just("image/jpeg"),
    st.lists(seconds, min_size=1, max_size=4).map(tuple),
    st.integers(1, 4000),
    st.integers(1, 4000),
    span=spans,
)
mistakes = st.none() | st.builds(lambda kind, message: kind(message), st.sampled_from(KINDS), words)
usages = st.none() | st.builds(Usage, st.integers(0), st.integers(0), st.none() | st.integers(0))
analyses = st.builds(
    Analysis,
    clips,
    words,
    words,
    epoch_seconds,
    epoch_seconds,
    words,
    plain,
    mistakes,
    usages,
    st.none() | words,
    st.none() | words,
    st.frozensets(st.sampled_from(["audit", "shadow"])),
)
events = st.builds(
    Event,
    id=words,
    name=words,
    camera=words,
    phase=st.sampled_from(["start", "update", "end"]),
    start=seconds,
    end=seconds,
    captured=st.none() | epoch_seconds,
    count=st.integers(0, 999),
    reason=st.none() | words,
    analysis=st.none() | analyses,
)


def through_json(record: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(record, allow_nan=False))


@given(analyses)
def test_an_analysis_comes_back(analysis: Analysis) -> None:
    """All of an analysis but its clip's bytes survives JSON, which follows the schema in the docs."""
    record = through_json(analysis.to_dict())
    VALID.validate(record)
    again = Analysis.from_dict(record)
    assert again.to_dict() == analysis.to_dict() == as_record(analysis)
    for name in (
        "prompt",
        "model",
        "asked",
        "answered",
        "text",
        "value",
        "usage",
        "request_id",
        "finish_reason",
        "marks",
    ):
        assert getattr(again, name) == getattr(analysis, name)
    assert (type(again.error), str(again.error)) == (type(analysis.error), str(analysis.error))
    assert (again.clip.span, again.clip.times, again.clip.kept) == (analysis.clip.span, analysis.clip.times, False)


@given(events)
def test_an_event_comes_back(event: Event) -> None:
    """An event survives JSON, with its analysis."""
    record = through_json(event.to_dict())
    VALID.validate(record)
    again = Event.from_dict(record)
    assert again.to_dict() == event.to_dict() == as_record(event)
    for name in ("id", "name", "camera", "phase", "start", "end", "captured", "count", "reason"):
        assert getattr(again, name) == getattr(event, name)


def test_a_clip_that_is_kept_elsewhere_can_be_given_back() -> None:
    """A reader that has the clip passes it, and the analysis holds it, of an event as well."""
    analysis = Analysis(CLIP, "?", "m", 0.0, 1.0)
    event = Event(id="1", name="n", camera="yard", phase="start", start=0.0, end=1.0, analysis=analysis)
    assert Analysis.from_dict(analysis.to_dict(), CLIP).clip is CLIP
    again = Event.from_dict(event.to_dict(), clip=CLIP)
    assert again.analysis is not None
    assert again.analysis.clip is CLIP


def test_times_have_no_noise() -> None:
    """Times are whole microseconds, and a moment is written as RFC 3339 writes it."""
    clip = replace(CLIP, start=8.000000000000002, end=10.100000000000001, captured=1_790_000_000.1000001)
    record = Analysis(clip, "?", "m", 1_790_000_001.1, 1_790_000_002.3).to_dict()
    assert (record["start"], record["end"], record["captured"]) == (8.0, 10.1, 1_790_000_000.1)
    assert (record["age"], record["duration"]) == (2.2, 1.2)
    assert datetime.fromisoformat(record["at"]) == datetime(2026, 9, 21, 14, 13, 20, 100_000, tzinfo=UTC)


class Colours(BaseModel):
    main: str


@dataclass
class Car:
    colour: Colours
    share: float


def test_a_typed_value_becomes_plain() -> None:
    """A dataclass, a pydantic object and NumPy's numbers are written as JSON; what JSON lacks is null."""
    value = {"car": Car(Colours(main="red"), math.inf), "n": np.int64(3), "box": np.array([1.5, 2.0]), "raw": b"\xff"}
    record = through_json(Analysis(CLIP, "?", "m", 0.0, 1.0, value=value).to_dict())
    assert record["value"] == {
        "car": {"colour": {"main": "red"}, "share": None},
        "n": 3,
        "box": [1.5, 2.0],
        "raw": "_w==",
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_comes_back_as_its_own_class(kind: type[RxvlmError]) -> None:
    """Each error of the library is found by its name."""
    again = error_from(error_record(kind("it failed")))
    assert (type(again), str(again)) == (kind, str(kind("it failed")))


class LensError(ModelError):
    """An error of a user's own."""


class CodedError(RxvlmError):
    """An error of a user's own that is made of something else than a message."""

    def __init__(self, code: int, *, why: str) -> None:
        super().__init__(f"{code}: {why}")


BUILTINS = [ValueError, TypeError, KeyError, OSError, TimeoutError, ZeroDivisionError, RuntimeError, Exception]


@given(st.sampled_from([*KINDS, *BUILTINS, LensError]), words)
def test_an_error_comes_back_as_what_it_was(kind: type[Exception], message: str) -> None:
    """An error of ours, of Python, or a user's own below ours comes back as its class, by name, with its words."""
    error = kind(message)
    again = error_from(error_record(error))
    assert (type(again), str(again)) == (kind, str(error))


@pytest.mark.parametrize(
    "kind", ["NewError", "annotations", "UnicodeDecodeError", "KeyboardInterrupt", "__doc__", "int"]
)
def test_an_error_of_an_unknown_kind_is_an_error_of_its_name(kind: str) -> None:
    """What this process has no class for, or cannot make, is an error of ours that keeps its name and its message."""
    again = pickle.loads(pickle.dumps(error_from({"kind": kind, "message": "it failed"})))
    assert isinstance(again, RxvlmError)
    assert error_record(again) == {"kind": kind, "message": "it failed"}


def test_an_error_that_cannot_be_made_of_its_message_keeps_its_name() -> None:
    """A class whose errors take more than a message is not called with it."""
    again = error_from(error_record(CodedError(3, why="broken")))
    assert (type(again).__name__, str(again)) == ("CodedError", "3: broken")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "event"}, "not a record of an analysis"),
        ({"version": 2}, "only of version 1"),
        ({"camera": ...}, "no 'camera'"),
        ({"window": ...}, "no 'window'"),
    ],
)
def test_what_is_no_analysis_is_refused(change: dict[str, Any], said: str) -> None:
    """A record of another type or version, or with a field missing, is a ValueError that says so."""
    record = {
        key: value for key, value in (Analysis(CLIP, "?", "m", 0.0, 1.0).to_dict() | change).items() if value is not ...
    }
    with pytest.raises(ValueError, match=said):
        Analysis.from_dict(record)


def test_an_unknown_phase_is_refused() -> None:
    """An event has one of three phases."""
    with pytest.raises(ValueError, match="phase must be one of"):
        Event(id="1", name="n", camera="", phase="begin", start=0.0, end=0.0)  # pyright: ignore[reportArgumentType] - that is the mistake


@pytest.mark.parametrize(
    "use",
    [
        GONE.images,
        lambda: GONE.save("clip"),
        GONE.jpegs,
        lambda: GONE.shrunk(4),
        lambda: GONE.padded(1.0),
        lambda: GONE.contents,
        lambda: collect(models.opencv().ask(GONE, "?")),
        lambda: collect(vlm_from(lambda _clip, _prompt: "yes").ask(GONE, "?")),
        lambda: collect(SERVER.ask(GONE, "?")),
        lambda: collect(SERVER.ask(GONE_FILM, "?")),
        lambda: collect(models.dashscope("qwen-vl-max", api_key="x").ask(GONE_FILM, "?")),
    ],
)
def test_what_needs_the_bytes_says_that_they_are_gone(use: Any) -> None:
    """A clip without its bytes raises ClipGoneError where they are needed, by a model too, before anything is sent."""
    with pytest.raises(ClipGoneError, match="yard"):
        use()


def test_the_facts_of_a_clip_stand_without_its_bytes() -> None:
    """A clip without its bytes knows what it was, can be shown, and says that it is not kept."""
    assert (GONE.kept, CLIP.kept, GONE.size) == (False, True, 0)
    assert (GONE.times, GONE.fps, GONE.source, GONE.seen) == (CLIP.times, CLIP.fps, "yard", 300)
    assert "not kept" in repr(GONE)
    assert "without its bytes" in GONE._repr_html_()


def test_a_failed_analysis_says_what_failed() -> None:
    """The error of a record has a kind and a message."""
    failed = Analysis(CLIP, "?", "m", 0.0, 1.0, error=ModelError("it is down"))
    assert failed.to_dict()["error"] == {"kind": "ModelError", "message": "it is down"}
