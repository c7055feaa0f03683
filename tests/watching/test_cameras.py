"""Camera: an address and how it is watched, as a value; and prompts by camera."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.subject import Subject

from rxvlm import Analysis, Camera, Window, collect, video, vlm_from, watch, watch_all
from rxvlm import operators as rxo
from rxvlm.models import opencv
from rxvlm.stream import Stream
from rxvlm.testing import Say, scripted

FILM = "demo:yard?seconds=4&fps=4"
MODEL = vlm_from(lambda _clip, prompt: prompt, name="echo")
MASK = [[(0, 0), (500, 0), (500, 500)]]


def said(stream: Stream[Analysis]) -> dict[str, set[str]]:
    """Return the answers of each camera."""
    answers: dict[str, set[str]] = {}
    for analysis in collect(stream):
        answers.setdefault(analysis.clip.source, set()).add(analysis.text)
    return answers


def test_it_has_the_words_of_watch() -> None:
    """Each option of ``watch`` that is about one camera is one of its own, and all but the address may be left out."""
    ours = {one.name for one in fields(Camera)} - {"uri"}
    assert ours == set(signature(watch).parameters) - {"source", "name", "ledger", "stop", "scheduler"}
    assert Camera("demo:yard").options == {}


def test_each_camera_has_its_own_options() -> None:
    """Prompt, window, model, frames, width and mask of each; the rest is what ``watch_all`` is told."""
    other = vlm_from(lambda *_: "other", name="other")
    cameras = {
        "a": Camera(FILM, prompt="A?", every=1.0, frames=2, width=160),
        "b": Camera(FILM, model=other),
        "c": FILM,
        "d": Camera(FILM, mask=MASK, crop=(0, 0, 500, 500)),
        "e": Camera(FILM, prompt=lambda clip: f"E{clip.end:g}?"),
    }
    found = collect(watch_all(cameras, MODEL, prompt="All?", every=2.0))
    by = {name: [one for one in found if one.clip.source == name] for name in cameras}
    assert {name: (len(of), {one.text for one in of}) for name, of in by.items()} == {
        "a": (4, {"A?"}),
        "b": (2, {"other"}),
        "c": (2, {"All?"}),
        "d": (2, {"All?"}),
        "e": (2, {"E2?", "E4?"}),
    }
    assert {(one.clip.width, len(one.clip.times)) for one in by["a"]} == {(160, 2)}
    assert by["d"][0].clip.width == 320
    assert max(int(image[:40, 120:].max()) for image in by["d"][0].clip.images()) <= 24
    assert len({one.model for one in found}) == 2


def test_prompts_by_name() -> None:
    """A mapping has a prompt for each camera; one that is not in it keeps its own, or the usual one."""
    cameras = {"a": FILM, "b": Camera(FILM), "c": Camera(FILM, prompt="C?"), "d": FILM}
    answers = said(watch_all(cameras, MODEL, prompt={"a": "A?", "b": "B?"}))
    assert answers == {"a": {"A?"}, "b": {"B?"}, "c": {"C?"}, "d": {"Describe what happens."}}


def test_a_prompt_by_name_may_change() -> None:
    """What ``latest`` makes, and a function, are prompts there, too."""
    prompts = {"a": rxo.latest("first", reactivex.never()), "b": lambda _clip: "made"}
    assert said(watch_all({"a": FILM, "b": FILM}, MODEL, prompt=prompts)) == {"a": {"first"}, "b": {"made"}}


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: watch_all({"yard": FILM}, MODEL, prompt={"yrad": "?"}), "prompt.*'yrad'.*did you mean 'yard'"),
    (lambda: watch_all({"yard": FILM}, MODEL, prompt={"yard": {}}), "prompt must be a text, a function.*not a dict"),  # pyright: ignore[reportArgumentType]
    (lambda: watch(FILM, MODEL, prompt={"yard": "?"}), "prompt must be a text.*not a dict; watch_all takes"),  # pyright: ignore[reportArgumentType]
    (lambda: watch(FILM, MODEL, prompt=3), "prompt must be a text.*not 3"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, prompt={"yard": "?"}), "prompt must be a text.*not a dict"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, evry=3), "unexpected keyword argument 'evry'"),  # pyright: ignore[reportCallIssue]
    (lambda: Camera(FILM, every=0), "every must be above 0 seconds, not 0"),
    (lambda: Camera("film://x"), "film: addresses are not supported"),
    (lambda: Camera({"uri": FILM}), "a video is one address.*not dict"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, "opencv"), "is a name, not a model"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, effort="copy", mask=MASK), "effort='copy' cannot be combined with mask"),
    (lambda: Camera(FILM, effort="copy", sampler="sharpest"), "effort='copy' cannot be combined with a sampler"),
    (lambda: Camera(FILM, effort="keyframes", sampler="changes"), "chooses among key frames, evenly"),
    (lambda: watch_all({"a": Camera(FILM, effort="copy")}, MODEL, mask=MASK), "effort='copy' cannot be combined"),
    (lambda: Camera(FILM, fields="people:num"), r'fields is as in "people:int, colour:str", not .people:num.'),
    (lambda: Camera(FILM, fields=3), "fields is as in"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, steps=rxo.sample_evenly(2)), "steps is a list of operators"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, steps=["sharp"]), "steps is a list of operators, and 'sharp' is none"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, gate="open"), "gate must be None or motion, not 'open'"),  # pyright: ignore[reportArgumentType]
    (lambda: Camera(FILM, sampler=3), "sampler must be None or evenly, sharpest, changes or an operator"),  # pyright: ignore[reportArgumentType]
]


@pytest.mark.parametrize(("call", "says"), MISTAKES)
def test_what_is_wrong_is_said_when_it_is_called(call: Callable[[], Any], says: str) -> None:
    """Nothing waits for the run: a TypeError or ValueError at once, in the words of the call."""
    with pytest.raises((TypeError, ValueError), match=says):
        call()


def test_it_is_a_frozen_value() -> None:
    """Equal addresses and options make equal cameras, with one hash, whatever form the options were written in."""
    camera = Camera("rtsp://cam/1", MODEL, every=5.0, mask=MASK, fields={"people": int}, steps=[])
    same = Camera("rtsp://cam/1", MODEL, every=5.0, mask=tuple(map(tuple, MASK)), fields="people : int", steps=())
    assert (camera, hash(camera)) == (same, hash(same))
    assert len({camera, same, replace(camera, every=6.0), replace(camera, uri="rtsp://cam/2")}) == 3
    with pytest.raises(FrozenInstanceError):
        camera.every = 1.0  # pyright: ignore[reportAttributeAccessIssue]
    plain = Camera(Path("film.mp4"), prompt="Who?", mask=MASK)
    assert pickle.loads(pickle.dumps(plain)) == plain


@pytest.mark.parametrize(
    "uri",
    ["rtsp://me:s3cret@10.0.0.1/one", "http://10.0.0.1/a.mjpg?password=s3cret", "rtsp://h/user=a_password=s3cret_x"],
)
def test_no_secret_is_shown(uri: str) -> None:
    """Neither its ``repr`` nor that of what it is in has the login, also where the prompt quotes it."""
    camera = Camera(uri, prompt=f"What is at {uri}?")
    assert "s3cret" not in repr(camera) + repr({"a": camera}) + repr(watch_all({"a": camera}, MODEL))


def test_cameras_are_compared_by_value_when_they_come_again() -> None:
    """In a stream of mappings an equal camera goes on, and one with another option begins anew."""
    mappings, began = Subject[dict[str, Camera]](), []
    frames = reactivex.defer(lambda _: began.append(1) or reactivex.never())
    watching = watch_all(mappings, MODEL).subscribe()
    for camera in (Camera(frames, every=5.0), Camera(frames, every=5.0), Camera(frames, every=6.0)):
        mappings.on_next({"a": camera})
    watching.dispose()
    assert len(began) == 2


def test_typed_fields_are_asked_for() -> None:
    """``fields`` gives typed values, in ``watch``, ``watch_all`` and for one camera; not of the built-in model."""
    model = scripted(Say('{"people": 2}'), Say('{"people": 2}'))
    assert [one.value for one in collect(watch(FILM, model, every=2.0, fields="people:int"))] == [{"people": 2}] * 2
    found = collect(watch_all({"a": Camera(FILM, fields={"people": int})}, scripted(Say('{"people": 3}'))))
    assert [one.value for one in found] == [{"people": 3}]
    assert "motion" in collect(watch(FILM, opencv(), fields="people:int"))[0].value


def not_the_second(window: Window) -> bool:
    return window.start != 1.0


@pytest.mark.parametrize("source", [FILM, "demo:yard?fps=8"])
@pytest.mark.parametrize(
    "options",
    [
        {"steps": [ops.filter(not_the_second)]},
        {"gate": ops.filter(not_the_second)},
        {"sampler": rxo.sample_sharpest(2)},
        {"sampler": lambda window, count: window.frames[: min(2, count)]},
        {"sampler": "changes", "frames": 2},
    ],
    ids=",".join,
)
def test_gates_samplers_and_steps(source: str, options: dict[str, Any]) -> None:
    """Operators and strategies of the user's stand between windows and clips, of films and of cameras."""
    found = collect(watch(source, MODEL, every=1.0, **options).pipe(ops.take(3)))
    starts = [one.clip.start for one in found]
    if "sampler" in options:
        assert (starts, {len(one.clip.times) for one in found}) == ([0.0, 1.0, 2.0], {2})
    else:
        assert starts == [0.0, 2.0, 3.0]


def test_a_camera_may_be_a_stream() -> None:
    """Frames of any origin, with options of their own; its `repr` is short."""
    camera = Camera(video(FILM).pipe(rxo.thin_to_rate(2)), prompt="S?")
    assert said(watch_all({"s": camera}, MODEL)) == {"s": {"S?"}}
    assert repr(camera) == "Camera(yard, prompt='S?')"
