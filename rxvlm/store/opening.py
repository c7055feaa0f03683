"""Opening a store's file, to read or to write; and what SQLite says of it, in words that name the file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from rxvlm.errors import StoreError, StoreNotFoundError
from rxvlm.store.schema import check, migrate

_MAGIC: Final = b"SQLite format 3\0"
_BUSY_SECONDS: Final = 5.0  # a checkpoint or another program may hold SQLite's own lock for a moment

# What SQLite says, by the beginning of its message; the rest of the sentence is ours.
_SAID: Final = {
    "database is locked": "is locked by another program",
    "database or disk is full": "cannot be written: the disk is full",
    "attempt to write a readonly database": "cannot be written: it is read-only",
    "disk I/O error": "cannot be read or written: the disk reports an error",
    "database disk image is malformed": "is damaged",
    "file is not a database": "is not a database",
    "unable to open database file": "cannot be opened",
}


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Raise what SQLite and the system raise as a StoreError that names the store."""
    try:
        yield
    except StoreError:  # some are OSErrors, too
        raise
    except sqlite3.Error as error:
        said = next((said for begin, said in _SAID.items() if str(error).startswith(begin)), f"failed: {error}")
        raise StoreError(f"the store {path} {said}") from error
    except OSError as error:
        raise StoreError(f"the store {path} cannot be opened: {error.strerror or error}") from error


def open_writer(path: Path) -> sqlite3.Connection:
    """Open a store for writing, and make or migrate it; the writer's lock must be held.

    Raises:
        StoreError: If it cannot be written, or is not a store of this version or an older one.
    """
    with explained(path):
        _check_file(path)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite gives its WAL the same mode
        if not os.access(path, os.W_OK):
            raise StoreError(f"the store {path} cannot be written: it is read-only")
        with _closed_on_error(_connect(path, "rw")) as connection:
            migrate(connection, check(connection, f"the file {path}"))
            connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only in the system's memory
            connection.execute("PRAGMA secure_delete = FAST")
        return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a store for reading: nothing is written, not even to complete the work of a killed writer.

    Raises:
        StoreNotFoundError: If there is no file.
        StoreError: If it is not a store that can be read.
    """
    if not path.exists():
        raise StoreNotFoundError(f"there is no store at {path}")
    with explained(path):
        _check_file(path)
        if not path.stat().st_size:
            raise StoreNotFoundError(f"there is no store at {path}: the file is empty")
        with _closed_on_error(_readable(path)) as connection:
            connection.execute("PRAGMA query_only = ON")
            check(connection, f"the file {path}", least=1)
        return connection


def _readable(path: Path) -> sqlite3.Connection:
    """Connect to a store in the way that leaves no trace.

    The last connection that may write cleans up when it closes: so where a killed writer left its WAL, one that may
    not write is used. Where none was left, one that may not write would leave an empty one, and the other does not.
    In a folder that cannot be written, neither can make the WAL's index, so the file is read as it is.
    """
    left = _size(path.with_name(f"{path.name}-wal")) > 0
    try:
        with _closed_on_error(_connect(path, "rw" if os.access(path, os.W_OK) and not left else "ro")) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        if left:
            raise
        return _connect(path, "ro&immutable=1")
    return connection


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    where = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)


def _check_file(path: Path) -> None:
    """Check what can be seen without SQLite: another kind of file, or one that was cut.

    Raises:
        StoreError: If it is one of these.
    """
    if path.is_dir():
        raise StoreError(f"the store {path} is a folder; give a file")
    if not path.parent.is_dir():
        raise StoreError(f"the store {path} cannot be opened: there is no folder {path.parent}")
    size = _size(path)
    if not size:
        return
    with path.open("rb") as file:
        head = file.read(100)
    if not head.startswith(_MAGIC[: len(head)]):
        raise StoreError(f"the file {path} is not a database, so it is not a store of rxvlm")
    page = int.from_bytes(head[16:18], "big")
    whole = int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page)
    if size < whole and not _size(path.with_name(f"{path.name}-wal")):  # a WAL may hold the rest
        raise StoreError(f"the store {path} is cut off: {size:,} of its {whole:,} bytes are there")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
