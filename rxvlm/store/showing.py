"""How a notebook displays a store and its entries: a time line of events, and the pictures of an event."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from rxvlm.display import markup
from rxvlm.display.prose import prose
from rxvlm.display.wall_time import clock, local_time, moment
from rxvlm.display.when import span_in_words
from rxvlm.errors import ClipGoneError
from rxvlm.store.stored import Stored

MOST: Final = 500
"""Events that are shown at most, the newest."""

_WIDTH, _ROW, _LABEL, _LEAST = 860, 26, 150, 3  # pixels: of the drawing, a camera, its name, the shortest event
_COLOURS: Final = ("#d9480f", "#1971c2", "#2f9e44", "#9c36b5", "#e8890c", "#0c8599")
_EVIDENCE: Final = 12  # answers of an event that are shown


def timeline(events: Sequence[Stored], newest: Sequence[Stored], heading: str) -> str:
    """Return the events of a store as a line for each camera, in HTML: a bar from the start to the newest answer.

    Args:
        events: What is shown, the newest first.
        newest: The newest answer, if there is one.
        heading: What stands above it.
    """
    said = f"newest answer {local_time(newest[0].at)}, {newest[0].camera}: {newest[0].text}" if newest else "no answers"
    if not events:
        return markup.card(heading, "no events", markup.text(said))
    names = sorted({one.record["name"] for one in events})
    colours = {name: _COLOURS[at % len(_COLOURS)] for at, name in enumerate(names)}
    key = " ".join(
        f'<i class="rxv-key" style="background:{colour}"></i>{markup.text(name)}' for name, colour in colours.items()
    )
    first, last = min(one.at for one in events), max(one.newest for one in events)
    known = {"from": local_time(first), "to": local_time(last), "events": f"{len(events):,}"}
    return markup.card(heading, _drawing(events, (first, last), colours), key, markup.facts(known), markup.text(said))


def evidence(one: Stored) -> str:
    """Return an answer or an event as a sheet of evidence, in HTML: of each answer pictures, its time and its text."""
    record, answers = one.record, one.answers()
    chosen = [answers[at] for at in markup.chosen(len(answers), _EVIDENCE)]
    rows = [[_pictures(answer), markup.text(_when(answer)), _said(answer)] for answer in chosen]
    more = len(answers) - len(chosen)
    about = record["analysis"] or {"prompt": "", "model": ""} if one.is_event else record
    known = {"id": one.id, "at": local_time(one.at), "asked": about["prompt"], "model": about["model"]}
    if one.is_event:
        state = f"ended: {record['reason']}" if record["phase"] == "end" else "running"
        known |= {"clips": f"{record['count']:,}", "is": state}
    name = f"{record['name']}, " if one.is_event else ""
    heading = f"{name}{one.camera}, {span_in_words(record['start'], record['end'])}"
    shown = (
        markup.table(("Pictures", "Time", "Answer"), rows, "What was filmed, and what was said about it")
        if rows
        else ""
    )
    return markup.card(heading, shown, f"and {more:,} more" if more else "", markup.facts(known))


def _drawing(events: Sequence[Stored], span: tuple[float, float], colours: dict[str, str]) -> str:
    """Return the bars as SVG."""
    cameras = sorted({one.camera for one in events})
    scale = (_WIDTH - _LABEL) / ((span[1] - span[0]) or 1.0)
    parts = [
        f'<text x="0" y="{at * _ROW + 17}" font-size="12" fill="currentColor">{escape(camera[:22])}</text>'
        for at, camera in enumerate(cameras)
    ]
    for one in events:
        width = max(_LEAST, (one.newest - one.at) * scale)
        x = min(_LABEL + (one.at - span[0]) * scale, _WIDTH - width)
        size = f'x="{x:.1f}" y="{cameras.index(one.camera) * _ROW + 4}" width="{width:.1f}" height="{_ROW - 8}"'
        title = f"{one.record['name']} {local_time(one.at)}, {one.record['count']} clips: {one.text[:200]}"
        parts.append(f'<rect {size} fill="{colours[one.record["name"]]}"><title>{escape(title)}</title></rect>')
    view = f'viewBox="0 0 {_WIDTH} {len(cameras) * _ROW}"'
    return f'<svg {view} width="100%" style="max-width:{_WIDTH}px">{"".join(parts)}</svg>'


def _pictures(answer: Stored) -> str:
    try:
        return answer.clip().strip(3, said=answer.text)
    except ClipGoneError:
        return ""


def _when(answer: Stored) -> str:
    """Return the time of an answer: of a camera the time of day, of a film the time in it."""
    record = answer.record
    return moment(record["start"]) if record["captured"] is None else clock(answer.at)


def _said(answer: Stored) -> str:
    error = answer.record["error"]
    return prose(answer.text) if error is None else markup.text(f"{error['kind']}: {error['message']}")
