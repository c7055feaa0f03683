"""Lines through a door: cut anywhere they are the same, and whatever is no request is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxvlm.door.lines import Lines, LineTooLongError, decoded, encoded

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
records = st.dictionaries(st.text(max_size=8), plain, max_size=5)


@settings(deadline=None)
@given(st.lists(records, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_lines_are_the_same_however_they_are_cut(sent: list[dict[str, object]], cuts: list[int]) -> None:
    """What is written as lines is read again, whatever the pieces are in which it comes."""
    data, lines, found, at = b"".join(map(encoded, sent)), Lines(10_000), list[bytes](), 0
    while at < len(data):
        step = cuts[at % len(cuts)]
        found += lines.feed(data[at : at + step])
        at += step
    assert [decoded(line) for line in found] == sent


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_an_object_or_a_value_error(data: bytes) -> None:
    """Any bytes are lines that are objects, or are refused with a sentence of one line."""
    for line in Lines(100_000).feed(data + b"\n"):
        try:
            said = str(type(decoded(line)))
        except ValueError as error:
            said = str(error)
        assert "\n" not in said
        assert len(said) < 200


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"[" * 60_000, "nested too deeply"),
        (b'{"a":' * 20_000, "nested too deeply"),
        (b"{\xff}", "is not JSON"),
        ("{}".encode("utf-16"), "is not JSON"),
        (b"9" * 5000, "is not JSON"),
        (b"null", "is not an object"),
        (b'"\x1b[2J"', "is not JSON"),
    ],
)
def test_what_no_request_is(line: bytes, says: str) -> None:
    """Depth, bytes that are no UTF-8, numbers without end and escape codes are refused, and said without them."""
    with pytest.raises(ValueError, match=says) as refused:
        decoded(line)
    assert "\x1b" not in str(refused.value)


def test_a_line_that_is_too_long() -> None:
    """More bytes than a line may have are an error, whether its end has come or not; up to that they are a line."""
    assert Lines(10).feed(b"x" * 10 + b"\n") == [b"x" * 10]
    for data in (b"x" * 11, b"x" * 11 + b"\n", b"ok\n" + b"x" * 11):
        with pytest.raises(LineTooLongError, match="longer than 10 bytes"):
            Lines(10).feed(data)


def test_a_long_line_in_small_pieces_is_searched_once() -> None:
    """A megabyte in pieces of a hundred bytes is one line: what was searched is not searched again."""
    lines, piece = Lines(2_000_000), b"x" * 100
    for _ in range(10_000):
        assert lines.feed(piece) == []
    assert lines.feed(b"\n\n \n") == [piece * 10_000]


def test_letters_that_are_not_seen_are_escaped() -> None:
    """Escape codes of an answer reach no terminal: they are escaped in the line, which stays the same text."""
    text = "\x1b]0;title\x07 \u202e \u0085 \ud800"
    line = encoded({"text": text})
    assert line.count(b"\n") == 1
    assert line.decode().isprintable() is False  # its end
    assert line.decode()[:-1].isprintable()
    assert json.loads(line)["text"] == text.replace("\ud800", "\ufffd")
