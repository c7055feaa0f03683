"""Why: what became of a moment, in words, with what each rule decided."""

from __future__ import annotations

from rxvlm.monitor.lines.answers import wrapped
from rxvlm.monitor.lines.columns import Line
from rxvlm.store.times import span_text, time_text
from rxvlm.store.why import Ruling, Why
from rxvlm.terminal.cells import plain


def why_lines(why: Why, width: int) -> list[Line]:
    """Return a reason as lines."""
    found: list[Line] = [
        ((f"{plain(why.camera)} at {time_text(why.time)}: ", "bold"), (plain(why.reason), "bold yellow"))
    ]
    found += [((line, ""),) for line in wrapped(why.sentence, width)]
    if span := span_text(why.since, why.until):
        found.append(((f"This holds {span}.", "dim"),))
    if why.rules:
        found += [(), (("What each rule decided", "bold"),)]
    for rule in why.rules:
        found += [((line, ""),) for line in wrapped(_ruling(rule), width)]
    return found


def _ruling(rule: Ruling) -> str:
    held = f"; {rule.held} of the last {rule.need[1]} answers held, {rule.need[0]} are needed"
    event = f"; event {rule.event[:8]}" if rule.event else ""
    return f"{rule.rule}: {rule.outcome}{held}{event}{f'; {rule.why}' if rule.why else ''}"
