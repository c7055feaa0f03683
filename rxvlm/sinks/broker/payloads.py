"""Payloads: answers and events as Home Assistant reads them."""

from __future__ import annotations

from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.sinks.jsonl import json_line
from rxvlm.text import one_line

MOST_LETTERS: Final = 255
"""The longest state that Home Assistant takes, in characters."""

UNKNOWN: Final = "None"
"""The payload that makes a state unknown."""


def state_of(analysis: Analysis) -> str:
    """Return an answer as a state: its text, or else its value, in one line that is not too long.

    An answer without either makes the state unknown: no text would delete what is retained, and Home Assistant would
    go on showing the answer before it.
    """
    text = one_line(analysis.text)
    if not text and analysis.value is not None:
        text = json_line({"value": analysis.to_dict()["value"]})[len('{"value": ') : -len("}\n")]
    return (text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…") or UNKNOWN


def attributes_of(item: Analysis | Event) -> str:
    """Return an answer or an event as JSON, in the form of docs/reference/json.md."""
    return json_line(item.to_dict()).rstrip("\n")


def occurrence_of(event: Event) -> str:
    """Return the start or the end of an event as what happened, as JSON."""
    return json_line({"event_type": event.phase, **event.to_dict()}).rstrip("\n")


def age_in_seconds(seconds: float | None) -> str:
    """Return an age as a state, in tenths of a second."""
    return UNKNOWN if seconds is None else f"{max(0.0, seconds):.1f}"
