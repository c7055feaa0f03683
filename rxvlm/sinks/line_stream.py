"""Write whole lines to an open text stream, such as stdout."""

from __future__ import annotations

import os
import stat
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TextIO


def write_line(stream: TextIO, line: str) -> None:
    """Write a line to a stream at once.

    If a file takes only a part of the line, because the disk is full, this part is cut off again: a program that reads
    the file never finds half a line.

    Args:
        stream: The stream.
        line: The line, with its line break.

    Raises:
        OSError: If it cannot be written.
    """
    file = _file_below(stream)
    if file is None:
        stream.write(line)
        stream.flush()
        return
    stream.flush()  # what was written before in other ways comes first
    try:
        _write_whole(file, line.encode(stream.encoding, stream.errors or "strict"))
    except OSError as error:
        error.filename = error.filename or stream.name
        raise


def _file_below(stream: TextIO) -> int | None:
    """Return the file that gets what a stream gets; None if there is none, or what it gets is changed on the way."""
    below: object = getattr(stream, "buffer", None) if issubclass(type(stream), TextIOWrapper) else None
    raw: object = getattr(below, "raw", None) if issubclass(type(below), BufferedWriter) else below
    return raw.fileno() if isinstance(raw, FileIO) else None


def _write_whole(file: int, line: bytes) -> None:
    done = 0
    try:
        while done < len(line):
            done += os.write(file, line[done:])
    except OSError:
        known = os.fstat(file)
        if done and stat.S_ISREG(known.st_mode):
            os.ftruncate(file, known.st_size - done)
            os.lseek(file, 0, os.SEEK_END)
        raise
