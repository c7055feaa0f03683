"""Events: the strip below the cameras, and an event's facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.lines.cameras import PAUSED_STYLE
from rxvlm.monitor.lines.columns import Line, said
from rxvlm.monitor.lines.when import short_time
from rxvlm.monitor.site import RuleNow
from rxvlm.terminal.cells import plain
from rxvlm.terminal.fitting import short_duration


def event_strip(
    running: Sequence[Happening], ended: Sequence[Happening], rules: Sequence[RuleNow], width: int, now: float
) -> list[Line]:
    """Return the events that run, four at most, the two that ended last, and the rules that are muted."""
    lines = [said(("● ", "bold red"), (happening_words(one, now), "bold red"), width=width) for one in running[:4]]
    if len(running) > 4:  # noqa: PLR2004 - as many as are shown
        lines.append(((f"● and {len(running) - 4} more events", "bold red"),))
    lines += [said(("○ ", "dim"), (happening_words(one, now), "dim"), width=width) for one in ended[:2]]
    muted = muted_words(rules, now)
    if muted:
        lines.append(said((muted, PAUSED_STYLE), width=width))
    return lines or [(("no events", "dim"),)]


def muted_words(rules: Sequence[RuleNow], now: float) -> str:
    """Return which rules are muted and until when; "" if none is."""
    found = [f"{plain(one.name)} until {short_time(one.muted, now)}" for one in rules if one.muted is not None]
    return f"muted: {', '.join(found)}" if found else ""


def happening_words(one: Happening, now: float) -> str:
    """Return an event in one line: its rule, its camera, when, how many clips, and how it ended."""
    record = one.record
    where = f" {plain(one.camera)}" if one.camera else ""
    clips = f"{record['count']} clip{'' if record['count'] == 1 else 's'}"
    began, lasted = short_time(one.at, now), short_duration(one.newest - one.at)
    end = f"for {lasted}, {clips}, {record['reason']}" if not one.runs else f"runs, {clips}"
    return f"{plain(one.name)}{where} {began} {plain(end)}"


def rule_mutes(rules: Sequence[RuleNow]) -> Mapping[str, float]:
    """Return until when rules are muted, by their names."""
    return {one.name: one.muted for one in rules if one.muted is not None}
