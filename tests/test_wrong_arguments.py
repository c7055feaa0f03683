"""A walk over all public functions with wrong arguments of each kind: what is said names the parameter, in one line."""

from __future__ import annotations

import inspect
import io
import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pytest
import reactivex

import rxvlm
from rxvlm import cluster, models, rules, sinks, sources, testing
from rxvlm import operators as rxo
from rxvlm.testing import frames_at, scripted, video_of

MODEL = scripted("ok")
FILM = "demo:yard?seconds=1"
STREAM = video_of(frames_at([0.0]))

WINDOW = rxvlm.Window(tuple(frames_at([0.0])), 0.0, 1.0)
ANALYSIS = rxvlm.Analysis(rxvlm.Clip.of(WINDOW, (b"",), (8, 6), WINDOW.times), "?", "m", 0.0, 1.0)

RIGHT: dict[Callable[..., Any], tuple[Any, ...] | dict[str, Any]] = {
    rxvlm.AsyncVideoProcessor: {"model": MODEL, "prompt": "?", "in_memory": True},
    rxvlm.LiveTable: ({},),
    rxvlm.answers: (STREAM,),
    rxvlm.collect: (STREAM,),
    rxvlm.condition: ("people > 0",),
    rxvlm.each: (STREAM,),
    rxvlm.load: (Path(__file__).parent / "no.toml",),
    rxvlm.rule: ("crowd", "people > 0"),
    rxvlm.show: (STREAM,),
    rxvlm.video: (FILM,),
    rxvlm.vlm_from: (lambda *_: "yes",),
    rxvlm.watch: (FILM, MODEL),
    rxvlm.watch_all: ({"a": FILM}, MODEL),
    cluster.recipe: ("opencv",),
    cluster.watch_all: ({"a": FILM}, "opencv"),
    rxo.analyze: (MODEL, "?"),
    rxo.ask_all: (MODEL, ["?"]),
    rxo.ask_models: ({"a": MODEL}, "?"),
    rxo.at_most_every: (1.0,),
    rxo.clip_around: (bool, 1.0, 1.0),
    rxo.buffer_by_count: (2,),
    rxo.buffer_by_time: (1.0,),
    rxo.clip_evenly: (1.0, 2),
    rxo.close_ledger: (rxvlm.Ledger(),),
    rxo.encode_with: (lambda _: None,),
    rxo.events_when: ("people > 0",),
    rxo.flat_map_bounded: {"work": reactivex.just, "max_concurrent": 1, "capacity": 1, "overflow": "error"},
    rxo.latest: ("?", reactivex.never()),
    rxo.mask: ([[(0, 0), (500, 0), (0, 500)]],),
    rxo.crop: ((0, 0, 500, 500),),
    rxo.on_backpressure_buffer: (1, "error"),
    rxo.resize: (8,),
    rxo.sample_changes: (2,),
    rxo.sample_evenly: (2,),
    rxo.sample_rate: (2.0,),
    rxo.sample_sharpest: (2,),
    rxo.sample_with: (lambda window, _: window.frames, 2),
    rxo.thin_to_rate: (2.0,),
    rxo.to: (print,),
    rxo.with_context: (bool, 1.0, 1.0),
    models.breaker: (MODEL,),
    models.dashscope: {"api_key": "k"},
    models.fallback: (MODEL,),
    models.limit: {"model": MODEL, "requests_per_minute": 60},
    models.named: ("opencv",),
    models.openai_compatible: ("http://127.0.0.1:9/v1", "m"),
    models.retry: (MODEL,),
    models.round_robin: (MODEL,),
    models.structured: (MODEL, {"type": "object"}),
    sinks.save_clips: ("clips",),
    sinks.write_jsonl: (io.StringIO(),),
    sinks.as_record: (ANALYSIS,),
    sinks.command: (["true"],),
    sinks.sink_from: ("clips.jsonl",),
    sources.probe: (FILM,),
    testing.draw: (STREAM,),
    testing.frames_at: ([0.0],),
    testing.play: (STREAM,),
    testing.scripted: ("a",),
    testing.video_of: ([],),
}
WRONG: dict[str, Any] = {
    "None": None,
    "text": "nonsense",
    "negative": -1,
    "nan": float("nan"),
    "inf": float("inf"),
    "list": [object()],
    "dict": {object(): object()},
    "stream": reactivex.never(),
    "function": lambda: None,
}


INNER = {"span", "stride", "patience"}  # parameters of a step inside of `watch`, of which its user knows nothing
CONNECTING = (sinks.mqtt, sinks.webhook)  # they begin to work when they are made; their own tests read their messages
NUMBERS_TOO: dict[str, set[str]] = {
    "gate_by_motion.open_at": {"negative", "inf"},  # a detector has a scale of its own
    "to.drain": {"inf"},
    "gate_by_motion.shut_at": {"negative"},
    "retry.seed": {"negative"},
    "watch.source": {"negative"},
    "video.uri": {"negative"},
}


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the public functions, and the classes that a user makes, with the names of their shelves."""
    for shelf in (rxvlm, rxo, models, rules, sinks, sources, testing):
        for name in shelf.__all__:
            found = getattr(shelf, name)
            if (inspect.isfunction(found) and found not in CONNECTING) or (inspect.isclass(found) and found in RIGHT):
                yield f"{shelf.__name__.removeprefix('rxvlm.')}.{name}", found


FUNCTIONS = dict(public())


def takes(hint: Any) -> set[str]:
    """Give the kinds of values that an annotation allows; what a list or a mapping holds is another matter."""
    origin = get_origin(hint) or hint
    if origin in (Union, UnionType):
        return {kind for part in get_args(hint) for kind in takes(part)}
    if origin in (Any, object) or isinstance(origin, TypeVar):
        return set(WRONG)
    return {
        NoneType: {"None"},
        str: {"text"},
        Callable: {"function"},
        tuple: {"list"},
        reactivex.Observable: {"stream"},
        Mapping: {"dict"},
        Sequence: {"list"},
        Iterable: {"list", "dict"},
        Collection: {"list", "dict"},
    }.get(origin, set())


class Hints(dict[str, Any]):
    """The annotations of a function; one with names that only type checkers import is not known."""

    def __init__(self, function: Callable[..., Any]) -> None:
        names = inspect.unwrap(function).__globals__
        for name, one in inspect.signature(function).parameters.items():
            try:
                self.update(get_type_hints(SimpleNamespace(__annotations__={name: one.annotation}), names))
            except (NameError, TypeError):
                self[name] = Callable[..., Any] | None if name != "steps" else Sequence[Any]


def wrong_calls() -> Iterator[tuple[str, str, str]]:
    """Give each function, each of its parameters, and each kind of value that it does not take."""
    for name, function in FUNCTIONS.items():
        made = function.__init__ if inspect.isclass(function) else function
        hints = Hints(made)
        for parameter, one in inspect.signature(function).parameters.items():
            if one.kind is not one.VAR_KEYWORD:
                right = takes(hints[parameter]) | NUMBERS_TOO.get(f"{name.rpartition('.')[2]}.{parameter}", set())
                yield from ((name, parameter, kind) for kind in WRONG if kind not in right)


def call_with(function: Callable[..., Any], parameter: str, value: object) -> object:
    """Call a function with right arguments, but for one."""
    signature, right = inspect.signature(function), RIGHT.get(function, ())
    try:
        given = dict((signature.bind(**right) if isinstance(right, dict) else signature.bind(*right)).arguments)
    except TypeError as error:
        raise AssertionError(f"RIGHT needs the arguments of {function.__name__}: {error}") from None
    several = signature.parameters[parameter].kind is inspect.Parameter.VAR_POSITIONAL
    given[parameter] = (value,) if several else value
    ordered = OrderedDict((name, given[name]) for name in signature.parameters if name in given)
    bound = inspect.BoundArguments(signature, ordered)
    return function(*bound.args, **bound.kwargs)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_wrong_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wrong argument is a TypeError or a ValueError when the function is called, in one line that names it."""
    monkeypatch.chdir(tmp_path)  # where a sink makes its file
    amiss: list[str] = []
    for function, parameter, kind in wrong_calls():
        if function == name:
            try:
                call_with(FUNCTIONS[name], parameter, WRONG[kind])
            except (TypeError, ValueError) as error:
                inner = INNER - set(inspect.signature(FUNCTIONS[name]).parameters)
                if not names(str(error), parameter, name.rpartition(".")[2]) or inner & {
                    *re.findall(r"\w+", str(error))
                }:
                    amiss.append(f"{name}({parameter}={kind}): {error}")
            except AssertionError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever else is raised is what the test looks for
                amiss.append(f"{name}({parameter}={kind}) raises {error!r}")
            else:
                amiss.append(f"{name}({parameter}={kind}) is taken")
    assert amiss == []


def names(said: str, parameter: str, function: str) -> bool:
    """Return whether a message is one line that names the parameter or the function, or says what a source is."""
    words = {parameter, parameter.removesuffix("s"), function}
    words |= {"video"} if parameter in ("source", "uri") else set()
    own = any(re.search(rf"\b{word}\b", said) for word in words) or "it was given the stream itself" in said
    return own and "\n" not in said and not re.search(r"not supported|unsupported|object has no|object is not", said)
