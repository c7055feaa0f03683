"""The writer's lock: one process at a time writes to a store, and the error of a second one names it."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import IO, Any

from rxvlm.display.wall_time import local_time
from rxvlm.errors import StoreHeldError

if os.name == "posix":
    import fcntl


class WriterLock:
    """A lock on a file beside the store; the system frees it when the process ends, however it ends.

    It is not on the database itself: closing any descriptor of that file would free SQLite's own locks.

    Args:
        store: The path of the store.
    """

    def __init__(self, store: Path) -> None:
        self._store, self._path = store, store.with_name(f"{store.name}-lock")
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock. On a disk without locks, nothing is locked.

        Raises:
            StoreHeldError: If another writer holds it.
            OSError: If its file cannot be made.
        """
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8")
        try:
            _lock(file)
        except BlockingIOError:
            held = self._held_by(file)
            file.close()
            raise held from None
        file.truncate()
        file.write(json.dumps({"pid": os.getpid(), "since": time.time()}))
        file.flush()
        self._file = file

    def is_held(self) -> bool:
        """Return whether any process holds the lock; True where that cannot be known."""
        if self._file is not None or os.name != "posix":
            return True
        try:
            with self._path.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # free again at once
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def release(self) -> None:
        """Free the lock, if it is held. Its file stays: another process may just have opened it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _held_by(self, file: IO[str]) -> StoreHeldError:
        try:
            known: Any = json.loads(file.read())
            pid, since = int(known["pid"]), float(known["since"])
        except (ValueError, KeyError, TypeError):  # it is just being written
            return StoreHeldError(f"{self._store} is written by another process; one at a time may write to it")
        who = "this process" if pid == os.getpid() else f"the process {pid}"
        said = f"{self._store} has been written by {who} since {local_time(since)}; one at a time may write to it"
        return StoreHeldError(said, pid, since)


def _lock(file: IO[str]) -> None:
    """Lock a file until it is closed.

    Raises:
        BlockingIOError: If it is locked already.
    """
    if os.name != "posix":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENOLCK, errno.EINVAL):
            raise
