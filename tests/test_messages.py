"""Errors name what the user wrote: the argument by its name, and the function that was called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import rxvlm
from rxvlm import models, sources
from rxvlm import operators as rxo
from rxvlm.testing import frames_at, scripted, video_of

FILM = "demo:yard?seconds=1"
MODEL = scripted("ok")
rxvlm_: Any = rxvlm
models_: Any = models
rxo_: Any = rxo  # calls that a type checker refuses


CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "watch": (rxvlm.watch, (FILM, MODEL), {}),
    "watch_all": (rxvlm.watch_all, ({"a": FILM}, MODEL), {}),
    "video": (rxvlm.video, (FILM,), {}),
    "pushed": (sources.pushed, (), {}),
    "AsyncVideoProcessor": (rxvlm.AsyncVideoProcessor, (MODEL,), {"prompt": "?", "in_memory": True}),
    "buffer_by_time": (rxo.buffer_by_time, (1.0,), {}),
    "buffer_by_count": (rxo.buffer_by_count, (2,), {}),
    "sample_evenly": (rxo.sample_evenly, (2,), {}),
    "sample_rate": (rxo.sample_rate, (2.0,), {}),
    "sample_sharpest": (rxo.sample_sharpest, (2,), {}),
    "sample_changes": (rxo.sample_changes, (2,), {}),
    "encode_mp4": (rxo.encode_mp4, (), {}),
    "encode_jpegs": (rxo.encode_jpegs, (), {}),
    "analyze": (rxo.analyze, (MODEL, "?"), {}),
    "thin_to_rate": (rxo.thin_to_rate, (2.0,), {}),
    "resize": (rxo.resize, (64,), {}),
    "limit": (models.limit, (MODEL,), {"requests_per_minute": 60}),
    "breaker": (models.breaker, (MODEL,), {}),
    "retry": (models.retry, (MODEL,), {}),
}
WRONG = (-1, 0, "x", [1], float("nan"))


def numbers(function: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters that are numbers, by their annotations."""
    kinds = {"int", "float", "int | None", "float | None"}
    return [one.name for one in inspect.signature(function).parameters.values() if str(one.annotation) in kinds]


WALK = [(name, number) for name, (function, _, _) in CALLS.items() for number in numbers(function)]


@pytest.mark.parametrize(("name", "number"), WALK)
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_number_that_is_wrong_is_named(name: str, number: str, wrong: object) -> None:
    """What is refused is refused when called, with the name of the parameter; 0 and less may be right for some."""
    function, positional, options = CALLS[name]
    given = list(inspect.signature(function).parameters)
    at = given.index(number)
    arguments = [*positional]
    if at < len(positional):
        arguments[at] = wrong
    else:
        options = options | {number: wrong}
    assert all(number in said for said in complaints(lambda: function(*arguments, **options)))
    if not isinstance(wrong, int):  # which may be right for some
        assert complaints(lambda: function(*arguments, **options))


def complaints(call: Callable[[], object]) -> list[str]:
    """Return what is wrong with a call, in its own words; nothing if it is right."""
    try:
        call()
    except (TypeError, ValueError) as error:
        return [str(error)]
    return []


@pytest.mark.parametrize("name", [name for name in CALLS if name != "AsyncVideoProcessor"])
def test_an_option_that_does_not_exist_is_named(name: str) -> None:
    """An unknown option is a TypeError that names the function and the option."""
    function, positional, options = CALLS[name]
    with pytest.raises(TypeError, match=f"{name}.*nonsense"):
        function(*positional, **options, nonsense=1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rxvlm_.watch(FILM, MODEL, every=0), "every must be above 0"),
        (lambda: rxvlm_.watch(["a.mp4", "b.mp4"], MODEL), "a video is one address.*not list; watch_all takes several"),
        (lambda: rxvlm_.watch_all({"a": (FILM, 5.0)}, MODEL), "a video is one address.*not tuple"),
        (lambda: rxvlm_.watch_all([FILM], MODEL), "by name.*not a list"),
        (lambda: rxvlm_.video(None), "a video is one address.*not NoneType"),
        (lambda: video_of(frames_at([0.0])).pipe(rxo_.gate_by_motion), r"gate_by_motion is called.*gate_by_motion\(\)"),
        (lambda: models_.limit(MODEL, rpm=60), "limit has no option 'rpm': did you mean 'requests_per_minute'"),
        (lambda: models_.limit(MODEL, tpm=60), "limit has no option 'tpm': did you mean 'tokens_per_minute'"),
        (lambda: models_.fallback([MODEL, MODEL]), r"a list is not a model: fallback\(\*models\)"),
        (lambda: rxvlm_.AsyncVideoProcessor("opencv", prompt="?"), "'opencv' is a name, not a model"),
        (lambda: rxvlm_.AsyncVideoProcessor(MODEL, prompt="?", window_seconds=0), "window_seconds must be above 0"),
        (lambda: rxo_.buffer_by_time(1.0, 0), "stride must be above 0"),
        (lambda: rxo_.buffer_by_time(1.0, patience=-1), "patience must be above 0"),
        (lambda: rxo_.gate_by_motion("pixel"), "detector must be.*not 'pixel'"),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_call(call: Callable[[], Any], said: str) -> None:
    """Mistakes that were made, and that were told in the words of some other function."""
    with pytest.raises((TypeError, ValueError), match=said):
        call()
