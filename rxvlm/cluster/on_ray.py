"""on_ray: what a file says to watch, watched by processes of Ray."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from reactivex import Observable
from reactivex import operators as ops

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.cluster.engine import check_ray
from rxvlm.cluster.recipe import Recipe, recipe
from rxvlm.cluster.watch_all import watch_all
from rxvlm.concurrency.stop import Stop
from rxvlm.ledger import Ledger
from rxvlm.service.configuration.checking import EMBEDDED, model_of
from rxvlm.service.configuration.words import FileWords
from rxvlm.service.current_prompt import CurrentPrompt
from rxvlm.service.loading import Configuration
from rxvlm.stream import Stream
from rxvlm.watching.cameras import Camera


def on_ray(configuration: Configuration, address: str | None = None) -> Configuration:
    """Return what a file says, with its cameras watched by processes of Ray; also after it is read again.

    A camera whose prompt is changed by a reload is opened again, which it is not in one process.

    Args:
        configuration: What `rxvlm.load` returns.
        address: As of `rxvlm.cluster.watch_all`.

    Raises:
        MissingPartError: If Ray is not installed.
    """
    check_ray()
    words = configuration.words
    cameras = {name: replace(camera, model=_model(name, words)) for name, camera in configuration.cameras.items()}
    clips = words.store is not None or any(not (sink.url or "").endswith(".jsonl") for sink in words.sinks.values())
    return replace(
        configuration,
        cameras=cameras,
        watch=partial(_watch, address, clips),
        placed=partial(on_ray, address=address),
    )


def _watch(
    address: str | None,
    clips: bool,  # noqa: FBT001 - bound by `partial`
    cameras: Observable[Mapping[str, Camera]],
    *,
    ledgers: Mapping[str, Ledger],
    stop: Stop,
    on_clip: Callable[[Clip], None],
) -> Stream[Analysis]:
    def show(analysis: Analysis) -> None:
        if analysis.clip.kept:
            on_clip(analysis.clip)

    mappings = cameras.pipe(ops.map(_with_prompts_of_now))
    return watch_all(mappings, address=address, ledgers=ledgers, stop=stop, clips=clips).pipe(ops.do_action(show))


def _with_prompts_of_now(cameras: Mapping[str, Camera]) -> Mapping[str, Camera]:
    """Return cameras with the prompts that a reload may change as they are now: a shard does not hear of a change."""
    return {
        name: replace(camera, prompt=camera.prompt.prompt) if isinstance(camera.prompt, CurrentPrompt) else camera
        for name, camera in cameras.items()
    }


def _model(camera: str, words: FileWords) -> Recipe:
    """Return the recipe of a camera's model: its section, with those of the models that it falls back to."""
    name = model_of(words.cameras[camera], words.models)
    return recipe(EMBEDDED if name == EMBEDDED else _section(name, words))


def _section(name: str, words: FileWords) -> dict[str, Any]:
    model = words.models[name]
    others: list[str | dict[str, Any]] = [
        EMBEDDED if one == EMBEDDED else {**_section(one, words), "fallback": []} for one in model.fallback
    ]
    return {**model.model_dump(exclude_unset=True), "fallback": others}
