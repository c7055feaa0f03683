"""Controlled: cameras that are watched so that a monitor can pause them, mute their rules, and ask in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import rxvlm  # its names load when they are used: --help stays quick

if TYPE_CHECKING:
    from rxvlm.stream import Stream
    from rxvlm.watching.controls import Controls


def controls_of(
    ledgers: Mapping[str, rxvlm.Ledger],
    model: rxvlm.Vlm,
    timeout: float,
    *,
    rules: Sequence[rxvlm.rules.Rule],
    on_answer: Callable[[rxvlm.Analysis], None],
) -> Controls:
    """Return what can be done to a run of the command line.

    Args:
        ledgers: The ledgers of its cameras, by name.
        model: Its model, which is asked in between, too.
        timeout: Seconds for an answer in between, above 0.
        rules: Its rules.
        on_answer: Called with each answer in between.
    """
    from rxvlm.rules.mutes import Mutes
    from rxvlm.watching.controls import Asked, Controls

    asked = Asked(model, timeout)
    names = [rule.name for rule in rules]
    return Controls(ledgers, asked=lambda _camera: asked, rules=lambda: names, on_answer=on_answer, mutes=Mutes())


def watched(
    cameras: Mapping[str, str | rxvlm.Camera],
    model: rxvlm.Vlm,
    options: Mapping[str, Any],
    *,
    ledgers: Mapping[str, rxvlm.Ledger],
    stop: rxvlm.Stop,
    controls: Controls | None,
) -> Stream[rxvlm.Analysis]:
    """Do what `rxvlm.watch_all` does; the controls get each clip, so that it can be asked about.

    Args:
        cameras: As of `rxvlm.watch_all`.
        model: As of `rxvlm.watch_all`.
        options: The other options of `rxvlm.watch_all`.
        ledgers: As of `rxvlm.watch_all`.
        stop: As of `rxvlm.watch_all`.
        controls: What can be done to the run; None: nothing.
    """
    if controls is None:
        return rxvlm.watch_all(cameras, model, ledgers=ledgers, stop=stop, **options)
    from rxvlm.watching.cameras import Told
    from rxvlm.watching.options import DEFAULTS, WatchOptions
    from rxvlm.watching.watch_all import watch_together

    given = dict(options)
    told = Told(model, given.pop("prompt", DEFAULTS.prompt), WatchOptions(**given))
    return watch_together(cameras, told, ledgers=ledgers, stop=stop, on_clip=controls.on_clip)
