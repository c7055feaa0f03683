"""What is said of steps in the wrong place, of options that are not there, and of numbers that are none."""

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
from rxvlm.operators.encode_with import Encoding
from rxvlm.testing import frames_at, play, scripted, video_of
from rxvlm.watching.options import WatchOptions

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
        "with_context": lambda: rxo.with_context(lambda _: True, 1.0, 1.0),
        "thin_to_rate": lambda: rxo.thin_to_rate(1.0),
        "resize": lambda: rxo.resize(8),
        "clip_evenly": lambda: rxo.clip_evenly(3.0, 2, scheduler=AT_ONCE),
    },
    Window: {
        "sample_with": lambda: rxo.sample_with(lambda window, _: window.frames, 9),
        "sample_evenly": lambda: rxo.sample_evenly(2),
        "sample_rate": lambda: rxo.sample_rate(1.0),
        "sample_sharpest": lambda: rxo.sample_sharpest(2),
        "sample_changes": lambda: rxo.sample_changes(2),
        "gate_by_motion": lambda: rxo.gate_by_motion(lambda _: 1.0, open_at=0.5),
        "encode_with": lambda: rxo.encode_with(lambda _: CLIP, scheduler=AT_ONCE),
        "encode_mp4": lambda: rxo.encode_mp4(scheduler=AT_ONCE),
        "encode_jpegs": lambda: rxo.encode_jpegs(scheduler=AT_ONCE),
        "encode_copy": lambda: rxo.encode_copy(scheduler=AT_ONCE),
    },
    Clip: {
        "analyze": lambda: rxo.analyze(MODEL, "?"),
        "ask_all": lambda: rxo.ask_all(MODEL, ["?"]),
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
    anything = {"flat_map_bounded", "on_backpressure_buffer", "close_ledger", "latest"}
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


VIDEO: Any = video_of(FRAMES)
CALLED = "an Observable: a step is called where it stands in a pipe, as in pipe(buffer_by_time(10.0))"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: VIDEO.pipe(rxo.buffer_by_time), f"span must be a number of seconds, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.buffer_by_count), f"count must be a whole number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.sample_rate), f"fps must be a number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.thin_to_rate), f"fps must be a number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.sample_evenly), f"count must be a whole number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.sample_sharpest), f"count must be a whole number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.sample_changes), f"count must be a whole number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.resize), f"width must be a whole number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.encode_mp4), f"width must be a whole number, not {CALLED}"),
        (lambda: VIDEO.pipe(rxo.encode_jpegs), f"width must be a whole number, not {CALLED}"),
    ],
)
def test_a_step_that_is_not_called_says_so(make: Callable[[], object], says: str) -> None:
    """Its name alone in a pipe is a TypeError at once."""
    with pytest.raises(TypeError) as raised:
        make()
    assert str(raised.value) == says


@pytest.mark.parametrize(
    ("step", "given", "says"),
    [
        (rxo.buffer_by_time, {"span": "10"}, "span must be a number of seconds, not '10'"),
        (rxo.buffer_by_time, {"span": 1, "stride": "2"}, "stride must be a number of seconds, not '2'"),
        (rxo.buffer_by_time, {"span": 1, "patience": [3]}, "patience must be a number of seconds, not a list"),
        (rxo.buffer_by_time, {"span": None}, "span must be a number of seconds, not None"),
        (rxo.buffer_by_count, {"count": 2.5}, "count must be a whole number, not 2.5"),
        (rxo.buffer_by_count, {"count": 2, "stride": "1"}, "stride must be a whole number, not '1'"),
        (rxo.sample_evenly, {"count": "rtsp://u:pw@cam/1"}, "count must be a whole number, not 'rtsp://cam/1'"),
        (rxo.encode_jpegs, {"quality": "90"}, "quality must be a whole number, not '90'"),
        (rxo.encode_mp4, {"qp": None}, "qp must be a whole number, not None"),
    ],
)
def test_what_is_no_number_is_named(step: Callable[..., object], given: dict[str, Any], says: str) -> None:
    """A TypeError at once, with the argument's name and what was given, secrets aside."""
    with pytest.raises(TypeError) as raised:
        step(**given)
    assert str(raised.value) == says


def test_numbers_of_other_makes_are_numbers() -> None:
    """NumPy's are taken as Python's."""
    np = pytest.importorskip("numpy")
    ((_, window), _) = play(VIDEO.pipe(rxo.buffer_by_time(np.float32(3.0)), rxo.sample_evenly(np.int64(1))))
    assert window.times == (0.0,)


ENCODING = ", ".join(Encoding.__annotations__)
HOW = "name, ledger, stop, prompt, every, frames, width, effort, pace, max_concurrent, timeout, max_age, scheduler"


BY_HAND = "; it samples evenly: compose the steps by hand for a sampler of your own"


@pytest.mark.parametrize(
    ("function", "args", "option", "says"),
    [
        (rxo.encode_mp4, (), "overflw", ": did you mean 'overflow'?"),
        (rxo.encode_mp4, (), "widht", ": did you mean 'width'?"),
        (rxo.encode_jpegs, (), "qp", f"; it has width, quality, exact, {ENCODING}"),
        (rxo.encode_copy, (), "width", f"; it has {ENCODING}"),
        (rxo.clip_evenly, (1.0, 1), "quality", f"; it has snap, width, qp, exact, {ENCODING}"),
        (watch, ("demo:yard", MODEL), "frmaes", ": did you mean 'frames'?"),
        (watch, ("demo:yard", MODEL), "stride", f"; it has {HOW}"),
        (watch, ("demo:yard", MODEL), "sampler", BY_HAND),
        (watch_all, ({"a": "demo:yard"}, MODEL), "evry", ": did you mean 'every'?"),
        (watch_all, (reactivex.never(), MODEL), "sample_with", BY_HAND),
    ],
)
def test_an_unknown_option_is_refused_at_once(
    function: Callable[..., object], args: tuple[object, ...], option: str, says: str
) -> None:
    """A TypeError names the function and the option, and the one that was meant, or all there are."""
    with pytest.raises(TypeError) as raised:
        function(*args, **{option: None})
    assert str(raised.value) == f"{function.__name__} has no option {option!r}{says}"


@pytest.mark.parametrize(
    "function", [rxo.encode_mp4, rxo.encode_jpegs, rxo.encode_copy, rxo.clip_evenly, watch, watch_all]
)
def test_options_are_spelled_out(function: Callable[..., object]) -> None:
    """A signature shows each option that is passed on, with its type and default, and no ``**``."""
    shown = inspect.signature(function).parameters
    passed_on = WatchOptions if function in (watch, watch_all) else Encoding
    like = inspect.signature(WatchOptions if function in (watch, watch_all) else rxo.encode_with).parameters
    assert [str(shown[name]) for name in passed_on.__annotations__] == [
        str(like[name]) for name in passed_on.__annotations__
    ]
    assert all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in shown.values())
    assert [name for name in passed_on.__annotations__ if like[name].default is inspect.Parameter.empty] == []


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
        None: "NoneType is not a model: a model has a name, and ask(clip, prompt)",
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
