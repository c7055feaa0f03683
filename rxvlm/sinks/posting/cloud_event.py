"""An analysis or an event as a CloudEvent 1.0, in its structured JSON form. Pure functions."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from rxvlm.analysis import Analysis
from rxvlm.display.wall_time import rfc3339
from rxvlm.event import Event
from rxvlm.sinks.jsonl import as_record, json_line
from rxvlm.sinks.newest_picture import newest_picture
from rxvlm.sinks.sink import Item
from rxvlm.text import valid_unicode

MEDIA_TYPE = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent about an item.

    Attributes:
        id: The same each time that it is sent, and of no other item of the camera.
        body: The CloudEvent as JSON, in UTF-8.
    """

    id: str
    body: bytes


def message_of(item: Item, *, picture: bool) -> Message:
    """Return an item as a message.

    Args:
        item: The analysis or event.
        picture: Whether to put the newest picture in it, as base64 of a JPEG, or None if there is none.
    """
    number, kind, subject, captured = _facts_of(item)
    data = as_record(item)
    if picture:
        jpeg = newest_picture(item)
        data["picture"] = None if jpeg is None else b64encode(jpeg).decode()
    happened = {} if captured is None else {"time": rfc3339(captured)}
    record: dict[str, Any] = {
        "specversion": "1.0",
        "id": number,
        "source": f"/cameras/{quote(valid_unicode(data['camera']))}",
        "type": f"dev.rxvlm.{kind}.v1",
        "subject": subject,
        **happened,
        "datacontenttype": "application/json",
        "data": data,
    }
    return Message(number, json_line(record).rstrip("\n").encode())


def _facts_of(item: Item) -> tuple[str, str, str, float | None]:
    """Return the id, the kind, the subject and the time (epoch seconds) of an item."""
    if isinstance(item, Event):
        since = 0.0 if item.phase == "start" else item.end - item.start
        captured = None if item.captured is None else item.captured + since
        return f"{item.id}/{item.phase}/{item.count}", f"event.{item.phase}", item.id, captured
    window = item.clip.window_id
    subject = f"{window.run}/{window.number}"
    return f"{subject}/{_digest(item)}", "analysis", subject, item.clip.captured


def _digest(analysis: Analysis) -> str:
    """Return the difference between answers about one window: there may be several models or prompts."""
    asked = "\0".join([analysis.model, analysis.prompt, repr(analysis.asked)])
    return sha256(asked.encode(errors="replace")).hexdigest()[:12]
