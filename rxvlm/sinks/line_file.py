"""LineFile: add whole lines to a file, also on a full disk; rotate the file when it is large."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o600


class LineFile:
    """A file that whole lines are added to. It is opened for each of them, so it may be moved away at any time.

    Several threads and programs may add lines, but only one may rotate.

    Args:
        path: The file; it is created if it does not exist, for this user only (mode 0600).
        rotate_bytes: Largest size of the file in bytes; None for no bound. A longer line is alone in its file.
        keep: How many full files are kept, as ``name.1`` (the newest), ``name.2`` and so on.

    Raises:
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: Path, rotate_bytes: int | None = None, keep: int = 5) -> None:
        self._path, self._rotate_bytes, self._keep = path, rotate_bytes, keep
        self._lock = threading.Lock()
        os.close(self._open())

    def add(self, line: bytes) -> None:
        """Add a line. If it does not fit on the disk, no part of it is written.

        Raises:
            OSError: If it cannot be written.
        """
        with self._lock:
            if self._is_full(len(line)):
                self._rotate()
            file = self._open()
            try:
                self._write(file, line)
            except OSError as error:
                error.filename = str(self._path)
                raise
            finally:
                os.close(file)

    @staticmethod
    def _write(file: int, line: bytes) -> None:
        before = os.fstat(file).st_size
        if os.write(file, line) < len(line):
            os.truncate(file, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _is_full(self, more: int) -> bool:
        if self._rotate_bytes is None or not self._path.exists():
            return False
        size = self._path.stat().st_size
        return size > 0 and size + more > self._rotate_bytes

    def _rotate(self) -> None:
        """Give each full file the next number; the oldest is replaced."""
        for number in range(self._keep - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE)
