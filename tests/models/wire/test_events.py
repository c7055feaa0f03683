from __future__ import annotations

import pytest

from rxvlm.errors import BadAnswerError
from rxvlm.models.wire.events import EventReader, ServerSentEvent

BOM = b"\xef\xbb\xbf"


def read(body: bytes, size: int = 1_000_000) -> list[ServerSentEvent]:
    reader, events = EventReader("m"), list[ServerSentEvent]()
    for at in range(0, len(body), size):
        events += reader.read(body[at : at + size])
    return [*events, *reader.read(b"", final=True)]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("before", [b"", BOM, b": alive\n\n", b"\n\n"])
def test_events_are_the_same_however_they_are_cut(before: bytes, end: bytes, size: int) -> None:
    """A byte order mark, the three ends of lines and the size of the chunks make no difference."""
    body = before + "data: é\ndata:  b\nevent: x\n\ndata\nid: 7\n\ndata: c\n\n".encode().replace(b"\n", end)
    events = [event for event in read(body, size) if event.data or event.name]
    assert [(event.name, event.data, event.cut) for event in events] == [("x", "é\n b", False), ("", "c", False)]


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x85", "\x1c"])
def test_only_cr_and_lf_end_a_line(separator: str) -> None:
    """What else Python takes for the end of a line is a part of the data."""
    assert read(f"data: a{separator}b\n\n".encode())[0].data == f"a{separator}b"


def test_what_is_no_field_is_kept() -> None:
    """An error field, comments and lines of no event stream reach the reader of the answer."""
    events = read(b'error: {"a": 1}\n\n:HTTP_STATUS/400\ndata: b\n\n{"error":\n "x"}\n')
    assert events == [
        ServerSentEvent(error='{"a": 1}'),
        ServerSentEvent(data="b", comments="HTTP_STATUS/400"),
        ServerSentEvent(other='{"error":\n "x"}', cut=True),
    ]


def test_what_is_cut_says_so() -> None:
    """The event in which the body ends is marked."""
    assert [(event.data, event.cut) for event in read(b"data: a\n\ndata: b")] == [("a", False), ("b", True)]


@pytest.mark.parametrize("body", [b"data: caf\xff\n\n", b"data: \xed\xa0\x80\n\n", b"data: \xc3\n\n"])
def test_invalid_utf8_is_an_error(body: bytes) -> None:
    """Text that is not UTF-8 is no answer."""
    with pytest.raises(BadAnswerError, match="not valid UTF-8"):
        read(body)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_body_that_ends_in_a_character_is_cut(cut: int) -> None:
    """The end of a body in the middle of a character is a cut event, not text that is not UTF-8."""
    events = list(EventReader("m").read(b"data: a\n\ndata: b" + "\U0001f697".encode()[:cut], final=True))
    assert [(event.data, event.cut) for event in events] == [("a", False), ("b", True)]
