"""Lines: what goes through a door, as lines of JSON; and what is refused before it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from rxvlm.sinks.jsonl import json_line
from rxvlm.text import one_line

PROTOCOL: Final = 1
"""The version of what is spoken. Keys and kinds of lines may be added in it; none is removed or changes its meaning."""

LONGEST_REQUEST: Final = 64 * 1024
"""Bytes of a line that a run takes, at most."""

LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes of a line that a reader takes, at most: an answer may be long."""


class LineTooLongError(ValueError):
    """Raised when a line is longer than what is taken."""


class Lines:
    """Cuts bytes into lines.

    Args:
        longest: Bytes of a line at most, without its end.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take what came; return the lines that are whole, without their ends and without empty ones.

        Raises:
            LineTooLongError: If a line is too long.
        """
        self._rest += data
        found: list[bytes] = []
        begin = 0
        while (end := self._rest.find(b"\n", max(begin, self._searched))) >= 0:
            line = bytes(self._rest[begin:end])
            self._check(len(line))
            begin = end + 1
            if line.strip():
                found.append(line)
        del self._rest[:begin]
        self._searched = len(self._rest)
        self._check(self._searched)
        return found

    def _check(self, length: int) -> None:
        if length > self._longest:
            raise LineTooLongError(f"a line is longer than {self._longest:,} bytes")


def encoded(record: Mapping[str, Any]) -> bytes:
    """Return a record as a line."""
    return json_line(record).encode()


def decoded(line: bytes) -> dict[str, Any]:
    """Return the object that a line holds.

    Raises:
        ValueError: If it is none.
    """
    try:
        found: object = json.loads(line.decode("utf-8"))
    except RecursionError:
        raise ValueError("the line is nested too deeply") from None
    except ValueError:  # of bytes that are no UTF-8, too
        raise ValueError(f"the line is not JSON: {_shown(line)}") from None
    if not isinstance(found, dict):
        raise ValueError(f"the line is not an object of JSON: {_shown(line)}")  # noqa: TRY004 - not of Python
    return cast("dict[str, Any]", found)


def _shown(line: bytes, most: int = 60) -> str:
    text = one_line(line[: most + 1].decode("utf-8", "replace"))
    return text if len(text) <= most else text[:most] + "..."
