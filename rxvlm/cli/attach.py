"""Attaching to a run in another process: for the full-screen monitor, and as lines of JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rxvlm.cli.ends import Asked, end_at_once
from rxvlm.cli.failures import FAILED, OUTPUT_CLOSED, complain

if TYPE_CHECKING:
    from rxvlm.door.connection import Connection


def connect(names: list[str]) -> Connection:
    """Connect to the run that is named, or to the only one.

    Raises:
        DoorError: If there is no such run, or several.
        ValueError: If more than one is named.
    """
    from rxvlm.door.finding import find

    if len(names) > 1:
        raise ValueError(f"--attach takes the name of one run, not {' '.join(names)}")
    return find(names[0] if names else None)


def print_lines(connection: Connection) -> int:
    """Print what a run tells as lines of JSON, until it ends or a signal comes; return the exit code."""
    from rxvlm.sinks.jsonl import json_line
    from rxvlm.sinks.line_stream import write_line

    asked = Asked()
    asked.then(connection.close)
    lines = [connection.hello, *connection.rest()]
    ended = False
    try:
        while lines is not None:
            for line in lines:
                write_line(sys.stdout, json_line(line))
                ended = ended or line.get("type") == "bye"
            lines = connection.read()
    except BrokenPipeError:
        return OUTPUT_CLOSED
    finally:
        connection.close()
        end_at_once()
    if not ended and not asked():
        complain("the run has gone")
    return asked.code or (0 if ended else FAILED)
