"""A walk over all public functions with wrong arguments of each kind: what is said names the parameter, in one line."""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import reactivex

import rxvlm
from rxvlm import models, rules, sinks, sources, testing
from rxvlm import operators as rxo
from rxvlm.testing import frames_at, scripted, video_of

MODEL = scripted("ok")
FILM = "demo:yard?seconds=1"
STREAM = video_of(frames_at([0.0]))

RIGHT: dict[Callable[..., Any], tuple[Any, ...] | dict[str, Any]] = {
    rxvlm.AsyncVideoProcessor: {"model": MODEL, "prompt": "?", "in_memory": True},
    rxvlm.LiveTable: ({},),
    rxvlm.answers: (STREAM,),
    rxvlm.collect: (STREAM,),
    rxvlm.condition: ("people > 0",),
    rxvlm.each: (STREAM,),
    rxvlm.rule: ("crowd", "people > 0"),
    rxvlm.show: (STREAM,),
    rxvlm.video: (FILM,),
    rxvlm.vlm_from: (lambda clip, prompt: "yes",),
    rxvlm.watch: (FILM, MODEL),
    rxvlm.watch_all: ({"a": FILM}, MODEL),
    rxo.analyze: (MODEL, "?"),
    rxo.ask_all: (MODEL, ["?"]),
    rxo.ask_models: ({"a": MODEL}, "?"),
    rxo.buffer_by_count: (2,),
    rxo.buffer_by_time: (1.0,),
    rxo.clip_evenly: (1.0, 2),
    rxo.close_ledger: (rxvlm.Ledger(),),
    rxo.encode_with: (lambda window: None,),
    rxo.events_when: ("people > 0",),
    rxo.flat_map_bounded: {"work": reactivex.just, "max_concurrent": 1, "capacity": 1, "overflow": "error"},
    rxo.latest: ("?", reactivex.never()),
    rxo.on_backpressure_buffer: (1, "error"),
    rxo.resize: (8,),
    rxo.sample_changes: (2,),
    rxo.sample_evenly: (2,),
    rxo.sample_rate: (2.0,),
    rxo.sample_sharpest: (2,),
    rxo.sample_with: (lambda window, count: window.frames, 2),
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
    sinks.mqtt: ("mqtt://127.0.0.1:9/x",),
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


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the public functions, and the classes that a user makes, with the names of their shelves."""
    for shelf in (rxvlm, rxo, models, rules, sinks, sources, testing):
        for name in shelf.__all__:
            found = getattr(shelf, name)
            if inspect.isfunction(found) or found in RIGHT:
                yield f"{shelf.__name__.removeprefix('rxvlm.')}.{name}", found




