"""History: answers, events and reasons of the past, from the store, or as far as this process remembers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from rxvlm.ledger.states import State
from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.happening import Happening
from rxvlm.store.reader import Reader
from rxvlm.store.store import Store
from rxvlm.store.times import FILM_SECONDS
from rxvlm.store.why import Why

_MOST_EVENTS: Final = 5000


class StateSpan(NamedTuple):
    """What a camera did for a time.

    Attributes:
        camera: The camera.
        state: What it did.
        reason: Why, or "".
        since: From when on, in seconds since 1970 (UTC).
    """

    camera: str
    state: State
    reason: str
    since: float


class History(Protocol):
    """What can be looked up. The calls may read from the disk; any thread may make them."""

    @property
    def why_not(self) -> str:
        """Why `why` cannot be asked here; "": it can."""
        ...

    def answers(self, camera: str, before: float | None = None, limit: int = 100) -> list[Answer]:
        """Return answers about a camera, the newest first: those that are not newer than a time."""
        ...

    def answers_since(self, camera: str, at: float) -> list[Answer]:
        """Return answers about a camera that are not older than a time, the newest first."""
        ...

    def answers_of(self, event: str) -> list[Answer]:
        """Return the answers that belong to an event, the oldest first."""
        ...

    def answer(self, key: str) -> Answer:
        """Return an answer by its key."""
        ...

    def events(self, since: float, until: float) -> list[Happening]:
        """Return the events that ran in a time, the newest first."""
        ...

    def states(self, since: float, until: float) -> list[StateSpan]:
        """Return the states of all cameras in a time, and those that held at its beginning, the oldest first."""
        ...

    def span(self) -> tuple[float, float] | None:
        """Return when the first and the newest answer were; None if there is none."""
        ...

    def why(self, camera: str, time: float | str) -> Why:
        """Return what became of a moment, as `Store.why` does."""
        ...


@dataclass(frozen=True)
class StoreHistory:
    """The history that a store has.

    Args:
        store: The store.
    """

    store: Store

    @property
    def why_not(self) -> str:
        """Why `why` cannot be asked here; "": it can."""
        return ""

    def answers(self, camera: str, before: float | None = None, limit: int = 100) -> list[Answer]:
        """Return answers about a camera, the newest first: those that are not newer than a time."""
        return [Answer.of_stored(one) for one in self.store.search(camera=camera, until=before, limit=limit)]

    def answers_since(self, camera: str, at: float) -> list[Answer]:
        """Return answers about a camera that are not older than a time, the newest first; 5,000 at most."""
        return [Answer.of_stored(one) for one in self.store.search(camera=camera, since=at, limit=5000)]

    def answers_of(self, event: str) -> list[Answer]:
        """Return the answers that belong to an event, the oldest first."""
        return [Answer.of_stored(one) for one in self.store.get(event).answers()]

    def answer(self, key: str) -> Answer:
        """Return an answer by its id."""
        return Answer.of_stored(self.store.get(key))

    def events(self, since: float, until: float) -> list[Happening]:
        """Return the events that ran in a time, the newest first."""
        found = self.store.search(events=True, since=since, until=until, limit=_MOST_EVENTS)
        return [Happening.of_stored(one) for one in found]

    def states(self, since: float, until: float) -> list[StateSpan]:
        """Return the states of all cameras in a time, and those that held at its beginning, the oldest first."""
        query = (
            "SELECT camera, state, reason, since FROM states WHERE since <= ?1 AND since >= coalesce("
            "(SELECT max(since) FROM states AS before WHERE before.camera = states.camera AND before.since <= ?2), 0) "
            "ORDER BY since, id"
        )
        return [StateSpan(*row) for row in self._rows(query, until, since)]

    def span(self) -> tuple[float, float] | None:
        """Return when the first and the newest answer were; None if there is none."""
        ((first, last),) = self._rows("SELECT min(at), max(at) FROM answers")
        return None if first is None else (first, last)

    def why(self, camera: str, time: float | str) -> Why:
        """Return what became of a moment, as `Store.why` does."""
        return self.store.why(camera, time)

    def _rows(self, query: str, *values: float) -> Sequence[tuple[Any, ...]]:
        reader = Reader(self.store.path)
        try:
            return reader.rows(query, values)
        finally:
            reader.close()


def why_at(history: History, camera: str, time: float | str) -> Why:
    """Return what became of a moment; of a film also of a moment at which it was answered about.

    Args:
        history: Where it is looked up.
        camera: The camera or film.
        time: Seconds since 1970 (UTC) or of the film, or a text as `Store.why` takes it.
    """
    if isinstance(time, float) and time >= FILM_SECONDS:
        near = history.answers(camera, time, 1)
        if near and near[0].is_film:
            time = near[0].moment
    return history.why(camera, time)
