"""The options ``--before`` and ``--after``: the clips of alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick

if TYPE_CHECKING:
    from rxvlm.operators.event_clips import EventClips

Before: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        max=3600.0,
        help="With --save: also save the clip of each alert, from this number of seconds before it began.",
        show_default=False,
    ),
]

After: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        max=3600.0,
        help="The clip of an alert ends this number of seconds after it.",
        show_default=False,
    ),
]

_AHEAD: Final = 8  # windows between the newest frame and the newest answer of a film, in queues and in work


def event_clips(
    around: tuple[float | None, float | None],
    save: Path | None,
    rules: Sequence[rxvlm.rules.Rule],
    options: Mapping[str, Any],
) -> Callable[..., EventClips] | None:
    """Return a function of ``on_drop`` that makes `EventClips` for alerts; None without the options.

    Args:
        around: Seconds before an alert, and after it.
        save: The folder that clips are saved in.
        rules: The alerts.
        options: The options of `rxvlm.watch`.

    Raises:
        ValueError: If there are no alerts, or no folder.
    """
    before, after = around
    if before is None and after is None:
        return None
    if not rules:
        raise ValueError("--before and --after are about the clips of alerts: use --alert, too")
    if save is None:
        raise ValueError("--before and --after need a folder for the clips of alerts: use --save, too")
    every, timeout = options["every"], options["timeout"]
    windows = max(rule.thresholds.need[1] for rule in rules)
    lag = windows * every + max(timeout, _AHEAD * every)
    return partial(rxvlm.operators.EventClips, before or 0.0, after or 0.0, lag=lag)


def recorded(
    clips: EventClips,
    cameras: Mapping[str, str | rxvlm.Camera],
    ledgers: Mapping[str, rxvlm.Ledger],
    stop: rxvlm.Stop,
    options: Mapping[str, Any],
) -> dict[str, rxvlm.Camera]:
    """Open cameras so that their newest frames are kept, with masks and crops applied.

    Raises:
        UriError: If an address is malformed or of no known kind.
    """
    how = {name: options[name] for name in ("pace", "follow") if name in options}
    opened: dict[str, rxvlm.Camera] = {}
    for name, one in cameras.items():
        camera = one if isinstance(one, rxvlm.Camera) else rxvlm.Camera(one)
        frames = rxvlm.video(cast("str", camera.uri), name=name, stop=stop, ledger=ledgers[name], **how)
        frames = frames.pipe(rxvlm.operators.mask(camera.mask)) if camera.mask else frames
        frames = frames.pipe(rxvlm.operators.crop(camera.crop)) if camera.crop else frames
        opened[name] = replace(camera, uri=frames.pipe(clips.record), mask=None, crop=None)
    return opened
