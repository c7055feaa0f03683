"""What is said of numbers that are none, and of options that are not there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import reactivex

from rxvlm import operators as rxo
from rxvlm import watch, watch_all
from rxvlm.operators.encode_with import Encoding
from rxvlm.testing import frames_at, play, scripted, video_of
from rxvlm.watching.options import WatchOptions

FRAMES = frames_at([0.0, 1.0, 2.0])
MODEL = scripted("yes")
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
HOW = (
    "model, name, ledger, stop, prompt, every, aligned, frames, width, effort, fields, gate, sampler, steps, mask, "
    "crop, pace, follow, max_concurrent, timeout, max_age, scheduler"
)


@pytest.mark.parametrize(
    ("function", "args", "option", "says"),
    [
        (rxo.encode_mp4, (), "overflw", ": did you mean 'overflow'?"),
        (rxo.encode_mp4, (), "widht", ": did you mean 'width'?"),
        (rxo.encode_jpegs, (), "qp", f"; it has width, quality, exact, {ENCODING}"),
        (rxo.encode_copy, (), "width", f"; it has {ENCODING}"),
        (rxo.clip_evenly, (1.0, 1), "quality", f"; it has snap, width, qp, exact, fullest, aligned, {ENCODING}"),
        (watch, ("demo:yard", MODEL), "frmaes", ": did you mean 'frames'?"),
        (watch, ("demo:yard", MODEL), "stride", f"; it has {HOW}"),
        (watch, ("demo:yard", MODEL), "samplr", ": did you mean 'sampler'?"),
        (watch_all, ({"a": "demo:yard"}, MODEL), "evry", ": did you mean 'every'?"),
        (watch_all, (reactivex.never(), MODEL), "step", ": did you mean 'steps'?"),
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
    names = [name for name in passed_on.__annotations__ if (function, name) != (watch_all, "prompt")]  # one for each
    assert [str(shown[name]) for name in names] == [str(like[name]) for name in names]
    assert all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in shown.values())
    assert [name for name in passed_on.__annotations__ if like[name].default is inspect.Parameter.empty] == []
