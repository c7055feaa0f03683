"""Server-sent events: the events in the bytes of a body, by the HTML standard. Pure, without any connection."""

from __future__ import annotations

import codecs
import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

from rxvlm.errors import BadAnswerError

_CUT = "unexpected end of data"  # in the words of Python's decoder
_FIELDS = ("event", "data", "error", "", "id", "retry")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """An event of a stream.

    Attributes:
        name: Its type, or "".
        data: The values of its ``data`` fields, each on a line.
        error: The values of its ``error`` fields, which the standard does not know and some servers send.
        comments: Its comments, each on a line.
        other: Its lines that have no field that the standard knows: the whole body, if it is no event stream.
        cut: Whether the body ended before the event did.
    """

    name: str = ""
    data: str = ""
    error: str = ""
    comments: str = ""
    other: str = ""
    cut: bool = False


class EventReader:
    r"""Reads events from the chunks of a body; an event may be cut between chunks.

    A byte order mark is skipped; CR, LF and CRLF end a line. Only its text is kept of an event that has not ended.

    >>> reader = EventReader("model")
    >>> [event.data for chunk in (b"\xef\xbb\xbfda", b"ta: a\rdata:b\r", b"\n\r\n") for event in reader.read(chunk)]
    ['a\nb']

    Args:
        name: The model's name, for the error.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = io.IncrementalNewlineDecoder(utf8, translate=True)
        self._line: list[str] = []  # the parts of the line that has not ended
        self._lines: list[str] = []  # the lines of the event that has not ended

    def read(self, chunk: bytes, *, final: bool = False) -> Iterator[ServerSentEvent]:
        """Read the next bytes, and iterate over the events that end in them; with the final ones, over all events.

        Raises:
            BadAnswerError: If the body is not UTF-8.
        """
        first, *more = self._decoded(chunk, final=final).split("\n")
        self._line.append(first)
        for part in more:
            yield from self._end_line()
            self._line.append(part)
        if final:
            self._lines += filter(None, ["".join(self._line)])
            yield from self._end_event(cut=True)

    def _decoded(self, chunk: bytes, *, final: bool) -> str:
        text = ""
        try:
            text = self._text.decode(chunk)
            return text + self._text.decode(b"", final=True) if final else text
        except UnicodeDecodeError as error:
            if final and error.reason == _CUT:  # half a character at the end of the body
                return text
            raise BadAnswerError(f"{self._name} sent text that is not valid UTF-8") from None

    def _end_line(self) -> Iterator[ServerSentEvent]:
        line = "".join(self._line)
        self._line.clear()
        if line:
            self._lines.append(line)
        else:
            yield from self._end_event()

    def _end_event(self, *, cut: bool = False) -> Iterator[ServerSentEvent]:
        if self._lines:
            yield _event(self._lines, cut=cut)
            self._lines.clear()


async def events_in(chunks: AsyncIterable[bytes], name: str) -> AsyncIterator[ServerSentEvent]:
    """Iterate over the events of a body as they arrive; the last one may be cut by the end of the body.

    Args:
        chunks: The body.
        name: The model's name, for the error.

    Raises:
        BadAnswerError: If the body is not UTF-8.
    """
    reader = EventReader(name)
    async for chunk in chunks:
        for event in reader.read(chunk):
            yield event
    for event in reader.read(b"", final=True):
        yield event


def _event(lines: Iterable[str], *, cut: bool) -> ServerSentEvent:
    fields: dict[str, list[str]] = {name: [] for name in (*_FIELDS, "other")}
    for line in lines:
        name, _, value = line.partition(":")
        if name in _FIELDS:
            fields[name].append(value.removeprefix(" "))
        else:
            fields["other"].append(line)
    data, error, comments, other = ("\n".join(fields[name]) for name in ("data", "error", "", "other"))
    return ServerSentEvent("".join(fields["event"][-1:]), data, error, comments, other, cut)
