"""Searching a store: from the arguments to the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rxvlm.store.times import FILM_SECONDS, When, time_of
from rxvlm.store.words import Query, query_of, spaced
from rxvlm.text import valid_unicode

# Hits of the index first: SQLite would rather walk through all answers by their times.
_HITS: Final = "answer_words CROSS JOIN answers ON answers.id = answer_words.rowid"
_FIRST: Final = "(SELECT min(id) FROM answers INDEXED BY answers_by_time WHERE at >= ?)"

# An event is found by its own words, and by those of the answers that belong to it.
_EVENTS: Final = (
    "(events.id IN (SELECT rowid FROM event_words WHERE {event_words}) OR events.id IN (SELECT event FROM evidence "
    "WHERE answer IN (SELECT rowid FROM answer_words WHERE {answer_words})))"
)


@dataclass
class Search:
    """A search, as a condition of SQL and its parameters.

    Args:
        table: ``"answers"`` or ``"events"``.
    """

    table: str
    _text: str = ""
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
    def source(self) -> str:
        """Where the rows are looked for."""
        return _HITS if self.table == "answers" and self._text else self.table

    @property
    def where(self) -> str:
        """The condition."""
        return " AND ".join(self._conditions)

    @property
    def values(self) -> tuple[Any, ...]:
        """Its parameters."""
        return tuple(self._values)

    @property
    def may_be_many(self) -> bool:
        """Whether as many answers may be found as there are, in no order of time."""
        return self.source == _HITS

    def words(self, text: str) -> None:
        """Want the words of a text."""
        query = query_of(text)
        if not (query.match or query.plain):
            return
        self._text = text
        if self.table == "answers":
            condition, values = _words("answer_words", query)
            self._add(condition, *values)
            return
        (own, values), (answers, more) = _words("event_words", query), _words("answer_words", query)
        self._add(_EVENTS.format(event_words=own, answer_words=answers), *values, *more)

    def not_before(self, at: float) -> None:
        """Want no answer that is older; ids begin where such an answer may be."""
        self._add(f"at >= ? AND answer_words.rowid >= {_FIRST}", at, at)

    def camera(self, name: str | None) -> None:
        """Want one camera; None for any."""
        if name is not None:
            self._add("camera = ?", valid_unicode(name))

    def since(self, when: When | None) -> None:
        """Find entries that are not over at a time; None for any."""
        self._compare(when, "end > ?", "newest >= ?" if self.table == "events" else "at >= ?")

    def until(self, when: When | None) -> None:
        """Find entries that have begun at a time; None for any."""
        self._compare(when, "start <= ?", "at <= ?")

    def before(self, when: When | None) -> None:
        """Find entries that are over at a time; None for any."""
        self._compare(when, "end <= ?", "newest < ?" if self.table == "events" else "at < ?")

    def _compare(self, when: When | None, film: str, clock: str) -> None:
        """Compare the time in a film if the moment is a time in a film, otherwise the time of day."""
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
    """Return the condition of a query on a table of words, and its parameters."""
    conditions = [f"{table} MATCH ?"] if query.match else []
    conditions += ["instr(text || ' ' || prompt || ' ' || rules, ?)"] * len(query.plain)
    values = [query.match] if query.match else []
    return " AND ".join(conditions), values + [spaced(part) for part in query.plain]
