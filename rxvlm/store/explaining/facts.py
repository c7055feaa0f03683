"""Facts: the rows of a store that are about one moment in front of a camera."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from rxvlm.errors import NotStoredError
from rxvlm.ledger import Outcome, State
from rxvlm.store.reader import Reader
from rxvlm.store.times import FILM_SECONDS, When, time_in
from rxvlm.store.why import Ruling

NEAR_SECONDS: Final = 1.0  # between the moment and a frame that counts for it
_RANK: Final[tuple[Outcome, ...]] = (
    "alerted",
    "cooled down",
    "muted",
    "held",
    "did not hold",
    "unknown",
    "inactive",
)


class FateRow(NamedTuple):
    """What became of windows, or of frames without one, over a time."""

    run: int
    low: float
    high: float
    fate: str
    error: str


class StateRow(NamedTuple):
    """What the camera did from ``since`` on, in seconds since 1970."""

    run: int
    state: State
    reason: str
    since: float


class Facts:
    """What a store has about one moment in front of a camera.

    Args:
        reader: Of the store.
        camera: The camera or film.
        time: The moment, as a user writes it.

    Attributes:
        moment: It in seconds: since 1970, or of a film, below `FILM_SECONDS`.
        film: Whether it is a moment of a film.

    Raises:
        NotStoredError: If the store knows no such camera.
        ValueError: If the time cannot be read, is one of the clock and the camera a film, or the other way round.
    """

    def __init__(self, reader: Reader, camera: str, time: When) -> None:
        self._reader, self.camera = reader, camera
        kinds = self._kinds()
        self.moment = time_in(time, film=kinds == {True})
        self.film = self.moment < FILM_SECONDS
        if kinds == {True} and not self.film:
            raise ValueError(f"{camera} is a film: write a time in it as 3 or 01:02:03")
        if kinds == {False} and self.film:
            raise ValueError(f"{camera} is a camera: write a time as 07:35, -2h or 2026-11-29T07:35:00+01:00")

    def windows(self) -> list[FateRow]:
        """Return the fates of the windows that contain the moment, the newest run first."""
        where = "windows > 0 AND low <= ? AND high > ? ORDER BY run DESC, id DESC"
        return [FateRow(*row) for row in self._fates(where, self.moment, self.moment)]

    def frames(self) -> FateRow | None:
        """Return the fate of frames without a window at the moment, or close to it; None if there are none."""
        near = self.moment + NEAR_SECONDS, self.moment - NEAR_SECONDS
        where = "windows = 0 AND low <= ? AND high >= ? ORDER BY run DESC, max(0, low - ?, ? - high), id DESC LIMIT 1"
        found = self._fates(where, *near, self.moment, self.moment)
        return FateRow(*found[0]) if found else None

    def newest(self, run: int | None = None) -> float | None:
        """Return the last time for which there are entries about the camera's frames; None if there are none.

        Args:
            run: In this run only; None for all.
        """
        query = "SELECT max(high) FROM fates WHERE camera = ? AND film = ? AND run = coalesce(?, run)"
        return self._reader.rows(query, (self.camera, self.film, run))[0][0]

    def states_until(self) -> list[StateRow]:
        """Return the camera's states that had begun at the moment, the newest first; 100 at most."""
        return self._states("since <= ? ORDER BY since DESC, id DESC LIMIT 100")

    def next_state(self) -> StateRow | None:
        """Return the camera's next state after the moment."""
        return next(iter(self._states("since > ? ORDER BY since, id LIMIT 1")), None)

    def next_flowing(self) -> StateRow | None:
        """Return when frames came again after the moment."""
        where = "since > ? AND state IN ('live', 'playing', 'paused') ORDER BY since, id LIMIT 1"
        return next(iter(self._states(where)), None)

    def rulings(self, run: int) -> tuple[Ruling, ...]:
        """Return what each rule decided about the answers that contain the moment, what matters most first."""
        query = (
            "SELECT rule, outcome, held, least, most, event, why FROM decisions "
            "WHERE camera = ? AND film = ? AND run = ? AND low <= ? AND high > ? ORDER BY id DESC"
        )
        rows = self._reader.rows(query, (self.camera, self.film, run, self.moment, self.moment))
        found = [
            Ruling(rule, outcome, held, (least, most), event, why)
            for rule, outcome, held, least, most, event, why in rows
        ]
        found.sort(key=lambda one: _RANK.index(one.outcome))
        of_rule: dict[str, Ruling] = {}
        for one in found:
            of_rule.setdefault(one.rule, one)
        return tuple(of_rule.values())

    def answer(self, run: int | None) -> tuple[str, dict[str, Any]] | None:
        """Return the id and the record of the newest answer that contains the moment.

        One that a person did not ask for in between comes first, then one that did not fail.
        """
        contains = "start <= ?1 AND end > ?1" if self.film else "at >= ?1 AND at - (end - start) <= ?1"
        query = (
            f"SELECT id, record FROM answers WHERE {contains} AND camera = ?2 AND film = ?3 "
            "AND run = coalesce(?4, run) ORDER BY run DESC, id DESC LIMIT 20"
        )
        rows = self._reader.rows(query, (self.moment, self.camera, self.film, run))
        found = [(str(number), json.loads(record)) for number, record in rows]
        return min(found, key=lambda one: ("asked" in one[1]["marks"], one[1]["error"] is not None), default=None)

    def event_began(self, event: str) -> float | None:
        """Return when an event began, in the seconds of the moment; None if it is not in the store."""
        column = "start" if self.film else "at"
        rows = self._reader.rows(f"SELECT {column} FROM events WHERE event = ?", (event,))
        return rows[0][0] if rows else None

    def goes_on(self, run: int) -> bool:
        """Return whether a run may still write: it is the newest of the store, and a process holds its lock."""
        return self._reader.rows("SELECT max(id) FROM runs")[0][0] == run and self._reader.is_written

    def _fates(self, where: str, *values: float) -> list[tuple[Any, ...]]:
        query = f"SELECT run, low, high, fate, error FROM fates WHERE camera = ? AND film = ? AND {where}"
        return self._reader.rows(query, (self.camera, self.film, *values))

    def _states(self, where: str) -> list[StateRow]:
        query = f"SELECT run, state, reason, since FROM states WHERE camera = ? AND {where}"
        return [StateRow(*row) for row in self._reader.rows(query, (self.camera, self.moment))]

    def _kinds(self) -> set[bool]:
        """Return whether the camera is a film, as far as is known; it may have been both."""
        query = "SELECT DISTINCT camera, film FROM fates UNION SELECT DISTINCT camera, film FROM answers"
        kinds_of: dict[str, set[bool]] = {}
        for name, film in self._reader.rows(query):
            kinds_of.setdefault(name, set()).add(bool(film))
        for (name,) in self._reader.rows("SELECT DISTINCT camera FROM states"):
            kinds_of.setdefault(name, set())
        if self.camera not in kinds_of:
            names = ", ".join(sorted(kinds_of)) or "none"
            raise NotStoredError(f"the store has no camera {self.camera!r}; it has {names}")
        return kinds_of[self.camera]
