"""Recipes: what makes a model where it runs; and what cannot travel, with what to pass instead."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest
import reactivex
from reactivex.scheduler import ThreadPoolScheduler

import rxvlm
from rxvlm import Camera, Clip, Window, models
from rxvlm import operators as rxo
from rxvlm.cluster import recipe, watch_all


def last_frame(window: Window, count: int) -> list[Any]:
    return list(window.frames[-count:])


def question(clip: Clip) -> str:
    return f"What happens until {clip.end:g}?"


@pytest.mark.parametrize(
    "what",
    [
        "opencv",
        "rxvlm.models:opencv",
        models.opencv,
        {"use": "opencv", "max_concurrent": 2},
        {"use": "openai:qwen2.5-vl@vllm", "fallback": ["opencv", {"use": "opencv"}]},
    ],
)
def test_a_recipe_travels_and_makes_a_model(what: Any) -> None:
    """A name, a place, a function and a section each make a model after they were pickled."""
    there = pickle.loads(pickle.dumps(recipe(what)))
    assert there == recipe(what)
    assert hash(there) == hash(recipe(what))
    assert "opencv" in there.make().name or "qwen" in there.make().name


def test_a_recipe_can_be_used_in_place_of_what_it_makes() -> None:
    """A camera with recipes is watched in one process, too."""
    camera = Camera(
        "demo:yard?seconds=4",
        recipe("opencv"),
        steps=[recipe("rxvlm.operators:skip_short_end")],
        every=2.0,
    )
    assert [one.model for one in rxvlm.collect(rxvlm.watch_all({"a": camera}))] == ["opencv", "opencv"]


def test_what_a_recipe_is_given_is_not_shown() -> None:
    """Options may hold a key: the repr has their names alone."""
    shown = repr(recipe("rxvlm.models:openai_compatible", base_url="http://u:secret@gpu/v1", api_key="hush"))
    assert shown == "recipe('rxvlm.models:openai_compatible', base_url=..., api_key=...)"
    assert "hush" not in repr(recipe({"use": "opencv", "key": "hush"}))


def test_what_cannot_be_a_recipe() -> None:
    """A text that is nothing, a function inside another, and an option that holds a lock are refused at once."""
    with pytest.raises(ValueError, match="neither the name of a model nor"):
        recipe("no such thing")
    with pytest.raises(TypeError, match="put it into a module"):
        recipe(lambda: None)
    with pytest.raises(TypeError, match="the option lock cannot be sent"):
        recipe("rxvlm.models:opencv", lock=threading.Lock())
    with pytest.raises(ImportError, match=r"there is no .opencw. in .rxvlm\.models."):
        recipe("rxvlm.models:opencw").make()


@pytest.mark.parametrize("model", [models.opencv(), models.limit(models.opencv(), max_concurrent=1)])
def test_a_model_object_is_refused_and_the_error_says_what_to_pass(model: Any) -> None:
    """Models hold locks and threads: neither the one for all nor that of one camera can travel."""
    with pytest.raises(TypeError, match=r"pass its name as on the command line \('opencv'\), a section of a file"):
        watch_all({"a": "demo:yard"}, model)
    with pytest.raises(TypeError, match=r"rxvlm.cluster.recipe\('package.module:function', option=...\)"):
        watch_all({"a": Camera("demo:yard", model)})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gate": rxo.gate_by_motion()}, "gate= of the camera 'a' is"),
        ({"sampler": lambda window, count: window.frames[:count]}, "sampler= of the camera 'a' is"),
        ({"steps": [rxo.skip_short_end()]}, "steps= of the camera 'a' is"),
        ({"prompt": lambda _: "What?"}, "prompt= of the camera 'a' is"),
        ({"prompt": rxo.latest("What?", reactivex.never())}, "prompt= of the camera 'a' is"),
        ({"scheduler": ThreadPoolScheduler()}, "scheduler= cannot be sent"),
    ],
)
def test_an_option_that_cannot_travel_is_refused(options: dict[str, Any], words: str) -> None:
    """Operators, functions without a module, streams and schedulers are errors when they are given."""
    with pytest.raises(TypeError, match=words):
        watch_all({"a": "demo:yard"}, "opencv", **options)


def test_functions_of_a_module_travel() -> None:
    """A strategy, a prompt, and a recipe of a gate are taken."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'rxvlm[ray]'")
    watch_all({"a": "demo:yard"}, sampler=last_frame, prompt=question, gate=recipe(rxo.gate_by_motion))


def test_streams_of_frames_and_stdin_are_refused() -> None:
    """What only this process has cannot be watched by another one."""
    with pytest.raises(TypeError, match="pass an address"):
        watch_all({"a": reactivex.empty()}, "opencv")
    with pytest.raises(ValueError, match="pass an address"):
        watch_all({"a": "-"}, "opencv")


def test_wrong_options_are_named() -> None:
    """An unknown option is an error with the name that was meant, and so is a camera of an unknown kind."""
    with pytest.raises(TypeError, match="no option 'evry': did you mean 'every'"):
        watch_all({"a": "demo:yard"}, "opencv", evry=2.0)
    with pytest.raises(ValueError, match="there is no camera"):
        watch_all({}, "opencv")
    with pytest.raises(ValueError, match="cameras_per_shard"):
        watch_all({"a": "demo:yard"}, cameras_per_shard=0)
    with pytest.raises(ValueError, match="ftp"):
        watch_all({"a": "ftp://there/film"})
