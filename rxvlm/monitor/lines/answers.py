"""Answers: the list of a camera's answers, and all that is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from json import dumps
from typing import Any, Final

from rxvlm.display.wall_time import local_time, moment
from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.lines.cameras import said_of
from rxvlm.monitor.lines.columns import Column, Columns, Line
from rxvlm.monitor.lines.stages import waterfall
from rxvlm.monitor.lines.when import seconds_text, window_time
from rxvlm.terminal.cells import padded, wrap
from rxvlm.terminal.fitting import short_number

_MOST_LETTERS: Final = 100_000  # of a text on the screen
_HEADING: Final = 9  # cells


def answer_lines(answers: Sequence[Answer], width: int, now: float) -> tuple[Line, list[tuple[str, Line]]]:
    """Return the heading of a list of answers, and a line for each with its key."""
    times = [window_time(one.record, now) for one in answers]
    columns = Columns(
        [
            Column("Time", max(8, *map(len, times)) if times else 8),
            Column("Age", 6, right=True, least=60),
            Column("Took", 6, right=True, least=50),
            Column("Tokens", 6, right=True, least=80),
            Column("Model", 16, least=110),
            Column("Answer", 10),
        ],
        width,
    )
    return columns.heading, [
        (one.key, columns.line(_facts(one, when))) for one, when in zip(answers, times, strict=True)
    ]


def detail_lines(answer: Answer, width: int) -> list[Line]:
    """Return all that is known of an answer: what was said, the question, the model, its value, and its stages."""
    record = answer.record
    text, style = _whole(answer)
    lines: list[Line] = [((line, style),) for line in wrapped(text, width)]
    lines.append(())
    for heading, said in _asked(answer):
        lines += _fact(heading, said, width)
    lines.append(())
    lines.append((("Where the time went", "bold"), (_total(record), "dim")))
    lines += [*waterfall(record, width), ()]
    for heading, said in _more(answer):
        lines += _fact(heading, said, width)
    return lines


def _fact(heading: str, said: str, width: int) -> list[Line]:
    first, *more = wrapped(said, max(10, width - _HEADING - 1)) or [""]
    head: Line = (padded(heading, _HEADING) + " ", "bold"), (first, "")
    return [head, *(((" " * (_HEADING + 1), ""), (line, "")) for line in more)]


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines; of more than 100,000 letters the rest is left out, and that is said."""
    cut = text[:_MOST_LETTERS]
    lines = [line for paragraph in cut.splitlines() for line in wrap(paragraph, width, len(paragraph) + 1)]
    if len(text) > len(cut):
        lines.append(f"... and {len(text) - len(cut):,} more letters: e writes all of it")
    return lines


def _facts(answer: Answer, when: str) -> list[tuple[str, str]]:
    record = answer.record
    said, style = said_of(answer)
    return [
        (when, ""),
        (seconds_text(record["age"]), ""),
        (seconds_text(record["duration"]), ""),
        (short_number(answer.tokens), "") if answer.tokens else ("-", "dim"),
        (record["model"], ""),
        (said, style),
    ]


def _whole(answer: Answer) -> tuple[str, str]:
    record = answer.record
    if answer.failed:
        return f"{record['error']['kind']}: {record['error']['message']}", "red"
    return record["text"] or "(an empty answer)", ""


def _asked(answer: Answer) -> Iterable[tuple[str, str]]:
    record, usage = answer.record, answer.record["usage"]
    yield "prompt", record["prompt"]
    yield "model", record["model"]
    yield "tokens", "not known" if usage is None else f"{usage['input']:,} in, {usage['output']:,} out"


def _more(answer: Answer) -> Iterable[tuple[str, str]]:
    record = answer.record
    if record["value"] is not None:
        yield "value", dumps(record["value"], ensure_ascii=False)
    if record["thought"]:
        yield "thought", record["thought"]
    yield "window", _window(record)
    times = ", ".join(moment(time) for time in record["times"])
    yield "frames", f"{len(record['times'])} of {record['width']}x{record['height']}, at {times}"
    yield "answered", f"{local_time(record['answered'])}, by a call of {seconds_text(record['duration'])}"
    if record["marks"]:
        yield "marks", ", ".join(record["marks"])
    yield "id", answer.key


def _window(record: Mapping[str, Any]) -> str:
    filmed = "" if record["captured"] is None else f"; filmed until {local_time(record['captured'])}"
    return f"{moment(record['start'])}-{moment(record['end'])}, {record['seen']:,} frames captured{filmed}"


def _total(record: Mapping[str, Any]) -> str:
    return "" if record["age"] is None else f"  {seconds_text(record['age'])} from filmed to answered"
