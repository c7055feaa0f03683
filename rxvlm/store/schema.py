"""The tables of a store, and how they came to be: one migration for each version."""

from __future__ import annotations

import sqlite3
from typing import Final

from rxvlm.errors import StoreError, StoreNotFoundError
from rxvlm.store.fates import TABLES as FATES

APPLICATION: Final = 0x52785669  # "RxVi", which SQLite keeps in the header of the file
_WORDS: Final = "fts5(text, prompt, rules, columnsize = 0, tokenize = 'porter unicode61 remove_diacritics 2')"

# A migration is never changed once it was released: what is new is a migration of its own, behind the last.
MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # A run is one writer from its first write to its close.
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL, began REAL NOT NULL)",
        # Several questions about a window share a clip, so clips are known by what they contain. The sizes are those
        # of the pictures of a clip of JPEGs; null for a film.
        "CREATE TABLE clips (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, sizes TEXT, data BLOB NOT NULL)",
        # `at`: when the clip was filmed (its end), of a film when it was answered about. `kept`: the time that
        # `keep_days` counts from, which is later if the clock was not set. `record`: the JSON form.
        """
        CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT, identity BLOB NOT NULL UNIQUE, run INTEGER NOT NULL,
            camera TEXT NOT NULL, film INTEGER NOT NULL, at REAL NOT NULL, kept REAL NOT NULL,
            start REAL NOT NULL, end REAL NOT NULL, clip INTEGER REFERENCES clips, record TEXT NOT NULL
        )
        """,
        "CREATE INDEX answers_by_time ON answers (at)",
        "CREATE INDEX answers_by_camera ON answers (camera, at)",
        "CREATE INDEX answers_by_clip ON answers (clip) WHERE clip IS NOT NULL",
        # `newest`: the time of its newest answer; `answer`: that answer.
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, run INTEGER NOT NULL,
            camera TEXT NOT NULL, film INTEGER NOT NULL, at REAL NOT NULL, newest REAL NOT NULL, kept REAL NOT NULL,
            start REAL NOT NULL, end REAL NOT NULL, running INTEGER NOT NULL, count INTEGER NOT NULL,
            answer INTEGER, record TEXT NOT NULL
        )
        """,
        "CREATE INDEX events_by_time ON events (at)",
        "CREATE INDEX events_by_age ON events (kept)",
        "CREATE INDEX events_running ON events (running) WHERE running",
        # The answers with which an event began, went on and ended.
        "CREATE TABLE evidence (event INTEGER, answer INTEGER, PRIMARY KEY (event, answer)) WITHOUT ROWID",
        "CREATE INDEX evidence_by_answer ON evidence (answer)",
        f"CREATE VIRTUAL TABLE answer_words USING {_WORDS}",
        f"CREATE VIRTUAL TABLE event_words USING {_WORDS}",
    ),
    FATES,
)
VERSION: Final = len(MIGRATIONS)


def check(connection: sqlite3.Connection, path: str, *, least: int = 0) -> int:
    """Return the version of a store; 0 for an empty file.

    Args:
        connection: To the file.
        path: What the file is called in an error.
        least: The lowest version that is accepted, from 0.

    Raises:
        StoreNotFoundError: If its version is lower: the file is empty.
        StoreError: If it is a database of another program, or of a newer rxvlm.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or version or tables):
        raise StoreError(f"{path} is a database of another program, not a store of rxvlm")
    if version < least:
        raise StoreNotFoundError(f"there is no store: {path} is an empty database")
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer rxvlm: it is of version {version}, and this one reads up to {VERSION}"
        )
    return version


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a store of an older version, or an empty file, up to `VERSION`, in one transaction.

    Args:
        connection: To the store, with the writer's lock held.
        version: What `check` returned, from 0.
    """
    if version == VERSION:
        return
    if version == 0:  # can be set before the first table only: freed pages can be given back to the disk
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
