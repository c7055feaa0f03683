"""Fields: an analysis or an event as short texts by name, for arguments and variables. Pure functions."""

from __future__ import annotations

from typing import Any, Final

from rxvlm.event import Event
from rxvlm.sinks.jsonl import as_record, json_line
from rxvlm.sinks.sink import Item
from rxvlm.text import valid_unicode

MOST_BYTES: Final = 32_000
"""Of an argument or a variable, in UTF-8. Linux takes 128 KiB of each, and 2 MB of all."""

PICTURE: Final = "picture"
_OF_EVENTS: Final = ("id", "name", "phase", "count", "reason")
_OF_BOTH: Final = ("type", "camera", "start", "end", "captured", "at")
NAMES: Final = (*_OF_BOTH, *_OF_EVENTS, "text", "value", "error", "model", PICTURE)
"""The fields that there are."""


def fields_of(item: Item, picture: str = "") -> dict[str, str]:
    """Return the fields of an item; what it does not have is "".

    Args:
        item: The analysis or event. The text of an event is that of its answer; without an answer, its reason.
        picture: The path of its newest picture.
    """
    record = as_record(item)
    analysis: dict[str, Any] = (record["analysis"] if isinstance(item, Event) else record) or {}
    error: dict[str, Any] = analysis.get("error") or {}
    value = analysis.get("value")
    found: dict[str, Any] = {name: record.get(name) for name in (*_OF_BOTH, *_OF_EVENTS)}
    found |= {
        "text": analysis.get("text") or error.get("message") or record.get("reason"),
        "value": None if value is None else json_line(value).rstrip("\n"),
        "error": error.get("message"),
        "model": analysis.get("model"),
        PICTURE: picture,
    }
    return {name: "" if found[name] is None else clean(str(found[name])) for name in NAMES}


def variable(name: str) -> str:
    """Return the name of the environment variable with a field."""
    return f"RXVLM_{name.upper()}"


def clean(text: str) -> str:
    r"""Return a text as a program can get it: without NUL, valid Unicode, and not too long.

    >>> clean("a\0b"), len(clean("ä" * 20_000).encode())
    ('ab', 32000)
    """
    whole = valid_unicode(text.replace("\0", "")).encode()
    return whole[:MOST_BYTES].decode(errors="ignore")
