"""The options ``--before`` and ``--after``: the clips of alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

import rxvlm  # its names load when they are used: --help stays quick

if TYPE_CHECKING:
    from rxvlm.operators.event_clips import EventClips
    from rxvlm.watching.camera import Source

Before: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        max=3600.0,
        help="With --save: save the clip of each alert, too, from so many seconds before it began.",
        show_default=False,
    ),
]

After: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        max=3600.0,
        help="The clip of an alert ends so many seconds after it.",
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
    """Return what makes the maker of the clips of alerts, given ``on_drop``; None without the options.

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
    cameras: Mapping[str, str],
    ledgers: Mapping[str, rxvlm.Ledger],
    stop: rxvlm.Stop,
    options: Mapping[str, Any],
) -> dict[str, Source]:
    """Open cameras so that their newest frames are remembered.

    Raises:
        UriError: If an address is malformed or of no known kind.
    """
    how = {name: options[name] for name in ("pace", "follow") if name in options}
    return {
        name: rxvlm.video(address, name=name, stop=stop, ledger=ledgers[name], **how).pipe(clips.record)
        for name, address in cameras.items()
    }
