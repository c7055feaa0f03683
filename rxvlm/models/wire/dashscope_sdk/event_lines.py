"""The events of a streamed reply as the lines that the SDK reads, each event checked before. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from rxvlm.models.wire.events import EventReader, ServerSentEvent

_OK = 200
_STATUS = "HTTP_STATUS/"


def event_lines(chunks: Iterable[bytes], name: str, check: Callable[[int, bytes], None]) -> Iterator[bytes]:
    """Iterate over the lines of events in the SDK's own spelling: it understands one ``data:`` line an event.

    Args:
        chunks: The body: events, or a single JSON object.
        name: The model's name, for errors.
        check: Raises the error that a status and the data of an event stand for.

    Raises:
        BadAnswerError: If the body is not UTF-8.
    """
    reader, other, heard = EventReader(name), list[str](), False
    for last, chunk in _with_last(chunks):
        for event in reader.read(chunk, final=last):
            heard = heard or bool(event.data or event.error)
            data = event.data or event.error
            other.append(event.other)
            if data and not (event.cut and _json(data) is None):  # what is cut is missed at the end
                yield from _lines(data, _status(event), check)
    rest = "\n".join(filter(None, other))
    if not heard or _json(rest) is not None:  # after events it can only be an error
        yield from _lines(rest, _OK, check)


def _lines(data: str, status: int, check: Callable[[int, bytes], None]) -> Iterator[bytes]:
    check(status, data.encode())
    yield b"event:result"
    yield f"data:{_json(data)}".encode()


def _status(event: ServerSentEvent) -> int:
    numbers = (line.removeprefix(_STATUS) for line in event.comments.split("\n") if line.startswith(_STATUS))
    return next((int(number) for number in numbers if number.isdecimal()), _OK)


def _json(data: str) -> str | None:
    """Return JSON on one line; None if it is none."""
    try:
        return json.dumps(json.loads(data))
    except (ValueError, RecursionError):
        return None


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bool, bytes]]:
    for chunk in chunks:
        yield False, chunk
    yield True, b""
