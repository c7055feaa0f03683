"""A step in the wrong place says where it belongs; a model that is none says how to make one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import reactivex
from reactivex.scheduler import ImmediateScheduler

from rxvlm import Analysis, Clip, Frame, Window, models, operators, watch, watch_all
from rxvlm import operators as rxo
from rxvlm.media import jpeg
from rxvlm.operators import Operator
from rxvlm.testing import frames_at, play, scripted

FRAMES = frames_at([0.0, 1.0, 2.0])
WINDOW = Window(tuple(FRAMES), 0.0, 3.0)
CLIP = Clip.of(WINDOW, tuple(jpeg.encode(frame.image, 80) for frame in FRAMES), (64, 48), WINDOW.times)
ANALYSIS = Analysis(CLIP, "?", "a", 0.0, 1.0)
MODEL = scripted("yes")
AT_ONCE = ImmediateScheduler.singleton()
BUFFER, ENCODE = "put buffer_by_time(...) before it", "put encode_mp4() or encode_jpegs() before it"

STEPS: dict[type, dict[str, Callable[[], Operator[Any, Any]]]] = {
    Frame: {
        "buffer_by_time": lambda: rxo.buffer_by_time(3.0, patience=9.0),
        "buffer_by_count": lambda: rxo.buffer_by_count(3),
        "clip_around": lambda: rxo.clip_around(lambda _: True, 1.0, 1.0),
        "with_context": lambda: rxo.with_context(lambda _: True, 1.0, 1.0),
        "thin_to_rate": lambda: rxo.thin_to_rate(1.0),
        "resize": lambda: rxo.resize(8),
        "crop": lambda: rxo.crop((0, 0, 500, 500)),
        "mask": lambda: rxo.mask([[(0, 0), (500, 0), (500, 500)]]),
        "clip_evenly": lambda: rxo.clip_evenly(3.0, 2, scheduler=AT_ONCE),
    },
    Window: {
        "sample_with": lambda: rxo.sample_with(lambda window, _: window.frames, 9),
        "sample_evenly": lambda: rxo.sample_evenly(2),
        "sample_rate": lambda: rxo.sample_rate(1.0),
        "sample_sharpest": lambda: rxo.sample_sharpest(2),
        "sample_changes": lambda: rxo.sample_changes(2),
        "keep_fullest": rxo.keep_fullest,
        "gate_by_motion": lambda: rxo.gate_by_motion(lambda _: 1.0, open_at=0.5),
        "encode_with": lambda: rxo.encode_with(lambda _: CLIP, scheduler=AT_ONCE),
        "encode_mp4": lambda: rxo.encode_mp4(scheduler=AT_ONCE),
        "encode_jpegs": lambda: rxo.encode_jpegs(scheduler=AT_ONCE),
        "encode_copy": lambda: rxo.encode_copy(scheduler=AT_ONCE),
    },
    Clip: {
        "analyze": lambda: rxo.analyze(MODEL, "?"),
        "ask_all": lambda: rxo.ask_all(MODEL, ["?"]),
        "ask_models": lambda: rxo.ask_models({"a": MODEL}, "?"),
    },
}


def said(step: Operator[Any, Any], *items: object) -> str:
    """Give the TypeError that is the only thing to come of a step for some items."""
    ((_, error),) = play(reactivex.of(*items).pipe(step))
    assert isinstance(error, TypeError)
    return str(error)


@dataclass(frozen=True)
class Wrong:
    """A step, an item that it does not take, and what is said."""

    name: str
    make: Callable[[], Operator[Any, Any]]
    item: object
    says: str


def too_late(item: str) -> str:
    return f"put it before the step that makes the {item}, or leave one of the two out"


SAYS: dict[type, list[tuple[object, str]]] = {
    Frame: [
        (WINDOW, f"takes Frames, not a Window: {too_late('Window')}"),
        (CLIP, f"takes Frames, not a Clip: {too_late('Clip')}"),
        (FRAMES[0].image, "takes Frames, not an ndarray: Frame.of(image, time) makes one of an array"),
    ],
    Window: [
        (FRAMES[0], f"takes Windows, not a Frame: {BUFFER}"),
        (CLIP, f"takes Windows, not a Clip: {too_late('Clip')}"),
        (None, f"takes Windows, not None: {BUFFER}"),
    ],
    Clip: [
        (FRAMES[0], f"takes Clips, not a Frame: {ENCODE}"),
        (WINDOW, f"takes Clips, not a Window: {ENCODE}"),
        (ANALYSIS, f"takes Clips, not an Analysis: {too_late('Analysis')}"),
    ],
}
WRONG = [
    Wrong(name, make, item, f"{name} {says}")
    for kind, steps in STEPS.items()
    for name, make in steps.items()
    for item, says in SAYS[kind]
]


def test_every_step_that_takes_a_kind_is_here() -> None:
    """Those that are not take anything."""
    anything = {
        "at_most_every",
        "close_ledger",
        "events_when",
        "flat_map_bounded",
        "latest",
        "moving",
        "on_backpressure_buffer",
        "skip_short_end",
        "to",
        "with_events",
    }
    names = {name for name in operators.__all__ if inspect.isfunction(getattr(operators, name))}
    assert {name for steps in STEPS.values() for name in steps} == names - anything


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.name}-{type(wrong.item).__name__}")
def test_a_step_in_the_wrong_place_says_where_it_belongs(wrong: Wrong) -> None:
    """The stream ends with a TypeError that names the step, what it takes, what came, and what to do."""
    assert said(wrong.make(), wrong.item) == wrong.says


def test_what_was_right_is_given_before_the_error() -> None:
    """A window that is open when something else comes is not lost."""
    items: list[Any] = [*FRAMES, WINDOW]
    heard = play(reactivex.from_iterable(items).pipe(rxo.buffer_by_time(9.0)))
    assert [type(item) for _, item in heard] == [Window, TypeError]


def test_kinds_of_kinds_pass() -> None:
    """What is a Frame and more is a Frame."""

    class Labelled(Frame):
        pass

    one = Labelled(FRAMES[0].pixels, 0.0, (48, 64, 3))
    ((_, window), _) = play(reactivex.of(one).pipe(rxo.buffer_by_count(1)))
    assert window.frames == (one,)


@pytest.mark.parametrize("shelf", [operators, models])
def test_completion_shows_public_names_alone(shelf: Any) -> None:
    """``dir`` of a shelf lists what ``__all__`` does, and none of its modules."""
    assert dir(shelf) == sorted(shelf.__all__)


def test_a_model_that_is_none_is_refused_at_once() -> None:
    """A name, a function, a class and anything else that cannot be asked is a TypeError that says what to do."""

    class Oracle:
        name = "oracle"

        def ask(self, *_: object) -> None: ...

    def darkness(*_: object) -> str:
        return "dark"

    for wrong, says in {
        "opencv": "'opencv' is a name, not a model: rxvlm.models.named('opencv') returns it",
        "rtsp://u:pw@cam/1": "'rtsp://cam/1' is a name, not a model: rxvlm.models.named('rtsp://cam/1') returns it",
        darkness: "darkness is a function, not a model: rxvlm.vlm_from(...) makes one from it; "
        "call it, if it returns one",
        Oracle: "Oracle is a class, not a model: Oracle(...) makes one",
        3: "int is not a model: a model has a name, and ask(clip, prompt)",
    }.items():
        vlm: Any = wrong
        for make in (
            lambda vlm=vlm: rxo.analyze(vlm, "?"),
            lambda vlm=vlm: rxo.ask_all(vlm, ["?"]),
            lambda vlm=vlm: watch("demo:yard", vlm),
            lambda vlm=vlm: watch_all(reactivex.never(), vlm),
        ):
            with pytest.raises(TypeError) as raised:
                make()
            assert str(raised.value) == says
