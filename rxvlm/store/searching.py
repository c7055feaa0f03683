"""Searching a store: from what is asked for to the rows that are found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rxvlm.store.times import FILM_SECONDS, When, time_of
from rxvlm.store.words import Query, query_of, spaced
from rxvlm.text import valid_unicode

# An event is found by its own words, and by those of the answers that belong to it.
_FOUND: Final = {
    "answers": ("answers.id IN (SELECT rowid FROM {words})", ("answer_words",)),
    "events": (
        (
            "(events.id IN (SELECT rowid FROM {words}) OR events.id IN "
            "(SELECT event FROM evidence WHERE answer IN (SELECT rowid FROM {words})))"
        ),
        ("event_words", "answer_words"),
    ),
}


@dataclass
class Search:
    """A search, as a condition of SQL and its parameters.

    Args:
        table: ``"answers"`` or ``"events"``.
    """

    table: str
    _conditions: list[str] = field(default_factory=lambda: ["1"])
    _values: list[Any] = field(default_factory=list[Any])

    @staticmethod
    def of(text: str, camera: str | None, since: When | None, until: When | None, *, events: bool) -> Search:
        """Return the search of `Store.search`."""
        search = Search("events" if events else "answers")
        search.words(text)
        search.camera(camera)
        search.since(since)
        search.until(until)
        return search

    @property
    def where(self) -> str:
        """The condition."""
        return " AND ".join(self._conditions)

    @property
    def values(self) -> tuple[Any, ...]:
        """Its parameters."""
        return tuple(self._values)

    def words(self, text: str) -> None:
        """Want the words of a text."""
        query = query_of(text)
        if not (query.match or query.plain):
            return
        condition, tables = _FOUND[self.table]
        for table in tables:
            words, values = _words(table, query)
            condition = condition.replace("{words}", words, 1)
            self._values += values
        self._conditions.append(condition)

    def camera(self, name: str | None) -> None:
        """Want one camera; None for any."""
        if name is not None:
            self._add("camera = ?", valid_unicode(name))

    def since(self, when: When | None) -> None:
        """Want what is not over at a time; None for any."""
        self._compare(when, "end > ?", "newest >= ?" if self.table == "events" else "at >= ?")

    def until(self, when: When | None) -> None:
        """Want what has begun at a time; None for any."""
        self._compare(when, "start <= ?", "at <= ?")

    def before(self, when: When | None) -> None:
        """Want what is over at a time; None for any."""
        self._compare(when, "end <= ?", "newest < ?" if self.table == "events" else "at < ?")

    def _compare(self, when: When | None, film: str, clock: str) -> None:
        """Compare the time in a film where the moment is one, else the time of the clock."""
        if when is None:
            return
        moment = time_of(when)
        if moment < FILM_SECONDS:
            self._add(f"CASE WHEN film THEN {film} ELSE {clock} END", moment, moment)
        else:
            self._add(clock, moment)

    def _add(self, condition: str, *values: Any) -> None:  # noqa: ANN401 - whatever SQLite takes
        self._conditions.append(condition)
        self._values += values


def _words(table: str, query: Query) -> tuple[str, list[str]]:
    """Return a table of words with the condition of a query on it, and its parameters."""
    conditions = [f"{table} MATCH ?"] if query.match else []
    conditions += ["instr(text || ' ' || prompt || ' ' || rules, ?)"] * len(query.plain)
    values = [query.match] if query.match else []
    return f"{table} WHERE {' AND '.join(conditions)}", values + [spaced(part) for part in query.plain]
