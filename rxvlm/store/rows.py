"""Rows: how answers, events and clips become rows of a store.

A row is made before the writer is inside a transaction, so what cannot be a row harms no other.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Any, Final

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.store.words import spaced
from rxvlm.text import valid_unicode
from rxvlm.ticks import to_ticks

_CLOCK_IS_SET: Final = 1e9  # seconds since 1970: before September 2001 no clock was right that runs this
_NEW_ANSWER: Final = """
    INSERT INTO answers (identity, run, clip, camera, film, at, kept, start, end, record)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEW_CLIP: Final = "INSERT INTO clips (digest, sizes, data) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING"
_NEW_WORDS: Final = "INSERT INTO answer_words (rowid, text, prompt, rules) VALUES (?, ?, ?, '')"


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip as a row.

    Attributes:
        digest: The hash of its bytes.
        sizes: Bytes of each picture of a clip of JPEGs, in decimals; None for a film.
        data: Its bytes, one picture after the other.
    """

    digest: bytes
    sizes: str | None
    data: bytes

    @staticmethod
    def of(clip: Clip) -> ClipRow:
        """Make the row of a clip that has its bytes."""
        contents = clip.contents
        data = contents if isinstance(contents, bytes) else b"".join(contents)
        sizes = None if isinstance(contents, bytes) else " ".join(str(len(picture)) for picture in contents)
        digest = sha256(f"{sizes} ".encode())
        digest.update(data)
        return ClipRow(digest.digest()[:16], sizes, data)

    def add(self, connection: sqlite3.Connection) -> int:
        """Add it, unless its very bytes are there, and return its id."""
        added = connection.execute(_NEW_CLIP, (self.digest, self.sizes, self.data))
        if added.rowcount:
            return added.lastrowid or 0
        return connection.execute("SELECT id FROM clips WHERE digest = ?", (self.digest,)).fetchone()[0]


def clip_data(sizes: str | None, data: bytes) -> bytes | tuple[bytes, ...]:
    """Return the bytes of a clip for its row: of a film unchanged, of JPEGs one item for each picture."""
    if sizes is None:
        return data
    pictures: list[bytes] = []
    begin = 0
    for size in map(int, sizes.split()):
        pictures.append(data[begin : begin + size])
        begin += size
    return tuple(pictures)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer as a row.

    Attributes:
        identity: What two writings of one answer have in common within a run, and no two answers.
        about: The values of its columns from ``camera`` on.
        words: What the index gets: what was said, and the prompt.
        clip: Its clip, if it is kept.
        at: When it happened, in seconds since 1970 (UTC).
    """

    identity: tuple[Any, ...]
    about: tuple[Any, ...]
    words: tuple[str, str]
    clip: ClipRow | None
    at: float

    @staticmethod
    def of(analysis: Analysis, *, with_clip: bool) -> AnswerRow:
        """Make the row of an answer.

        Args:
            analysis: The answer.
            with_clip: Whether its clip is kept, if it has its bytes.
        """
        clip, record = analysis.clip, analysis.to_dict()
        camera, captured = valid_unicode(clip.source), record["captured"]
        moment = clip.epoch, to_ticks(clip.start), to_ticks(clip.times[0]), captured
        at: float = record["answered"] if captured is None else captured
        said = analysis.text if analysis.error is None else valid_unicode(f"{analysis.text} {analysis.error}")
        return AnswerRow(
            (camera, *moment, analysis.prompt, analysis.model),
            (camera, captured is None, at, kept_from(at), record["start"], record["end"], json.dumps(record)),
            (spaced(said), spaced(analysis.prompt)),
            ClipRow.of(clip) if with_clip and clip.kept else None,
            at,
        )

    def add(self, connection: sqlite3.Connection, run: int) -> int:
        """Add it, unless it is there, and return its id. A clip that is not there yet is added to it.

        Args:
            connection: The writer's, inside a transaction.
            run: The id of its run.
        """
        identity = blake2b(repr((run, self.identity)).encode(), digest_size=16).digest()
        known = connection.execute("SELECT id, clip FROM answers WHERE identity = ?", (identity,)).fetchone()
        if known is None:
            clip = None if self.clip is None else self.clip.add(connection)
            number = connection.execute(_NEW_ANSWER, (identity, run, clip, *self.about)).lastrowid or 0
            connection.execute(_NEW_WORDS, (number, *self.words))
            return number
        number, clip = known
        if self.clip is not None and clip is None:
            added = self.clip.add(connection)
            connection.execute("UPDATE answers SET clip = ? WHERE id = ?", (added, number))
        return number


def kept_from(at: float) -> float:
    """Return the time from which ``keep_days`` counts: of the answer, or of writing if its clock was not set."""
    return at if at > _CLOCK_IS_SET else time.time()
