"""Events that a writer left open when it was killed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection


def close_left_open(connection: sqlite3.Connection, own: Collection[int]) -> None:
    """Close the events that still run, and were begun by another run: their writer is gone, since the lock was free.

    Args:
        connection: The writer's, inside a transaction.
        own: The ids of the runs of this writer.
    """
    left = connection.execute("SELECT id, run, record FROM events WHERE running").fetchall()
    for number, run, record in left:
        if run not in own:
            ended = json.loads(record) | {"phase": "end", "reason": "interrupted"}
            connection.execute("UPDATE events SET running = 0, record = ? WHERE id = ?", (json.dumps(ended), number))
