"""Progress: how far a film is answered, while `collect`, `answers` or `each` waits for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from reactivex import Observable

from rxvlm.analysis import Analysis, Answers
from rxvlm.display.progress.bar import Bar, bar_here
from rxvlm.display.progress.standing import Standing, clock
from rxvlm.display.prose import plain_words
from rxvlm.ledger import Tally
from rxvlm.stream import Stream
from rxvlm.text import one_line
from rxvlm.watching.table import analyses_in

_log = logging.getLogger("rxvlm")

_LONG: Final = 5.0  # seconds; shorter films have no bar
_PATIENCE: Final = 1.0  # seconds without a bar: what is over sooner needs none
_NEWEST: Final = 100  # characters of the newest answer


class Progress:
    """The bar of one wait; a context, whose end draws the bar for the last time.

    It appears after a second, where there is a film of more than 5 seconds, or a number of items is waited for. All is
    drawn by `look`, on the thread that waits.

    Args:
        stream: What is waited for.
        wanted: The number of items that are waited for; None for all.
        shown: Whether there may be a bar.
        bar: Returns what it is drawn on; None where there is nothing.
        clock: Returns the time in seconds.

    Attributes:
        failed: Whether the stream has failed, so that it did not come to its end.
    """

    def __init__(
        self,
        stream: Observable[Any],
        wanted: int | None = None,
        *,
        shown: bool = True,
        bar: Callable[[], Bar | None] = bar_here,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._origin = Stream.of(stream).origin
        self._wanted, self._clock, self._make = wanted, clock, bar
        self._began = clock()
        self._next = self._began + _PATIENCE if shown else float("inf")
        self._bar: Bar | None = None
        self._count = self._without_answer = 0
        self.failed = False
        self._ends: dict[str, float] = {}  # of the newest item, by source
        self._newest: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._draw(self._bar.close, over=error is None and not self.failed)

    def take(self, item: object) -> None:
        """Count an item."""
        self._count += 1
        self._newest = item
        self._without_answer += sum(one.error is not None for one in analyses_in(item))
        about: object = getattr(item, "clip", None) or item
        source, end = getattr(about, "source", None), getattr(about, "end", getattr(about, "time", None))
        if isinstance(source, str) and isinstance(end, float):
            self._ends[source] = end

    def look(self) -> bool:
        """Draw the bar, if it is time; return False: there is nothing to stop for."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + _PATIENCE
        if self._bar is None and self._is_long():
            self._bar = self._make()
            self._next = float("inf") if self._bar is None else now
        if self._bar is not None:
            self._next = now + self._bar.pause
            self._draw(self._bar.draw)
        return False

    def _draw(self, draw: Callable[[Standing], None], *, over: bool = False) -> None:
        """Draw; a terminal that has gone away, or a kernel that cannot display, must not cost the answers."""
        try:
            draw(self._standing(over=over))
        except Exception as error:  # noqa: BLE001 - of rich's, IPython's or the system's
            _log.warning("the bar of progress cannot be drawn any longer: %s", error)
            self._bar, self._next = None, float("inf")

    def _films(self) -> list[Tally]:
        ledgers = list(self._origin.ledgers.values())
        films = [tally for tally in (ledger.snapshot() for ledger in ledgers) if tally.live is False]
        readable = [film for film in films if film.state != "failed" or film.captured]
        return readable if len(films) == len(ledgers) else []

    def _is_long(self) -> bool:
        if self._wanted is not None and self._origin.ledgers:
            return True
        return any((film.time if film.length is None else film.length) > _LONG for film in self._films())

    def _standing(self, *, over: bool = False) -> Standing:
        films = self._films()
        lengths = [film.length for film in films if film.length is not None]
        whole = sum(lengths) if lengths and len(lengths) == len(films) else None
        there = sum(map(self._position, films))
        shares = [there / whole] if whole else []
        shares += [self._count / self._wanted] if self._wanted is not None else []
        share = 1.0 if over else min(1.0, max(shares)) if shares else None
        said = [self._counted()]
        if films and self._wanted is None:
            there = whole if over and whole is not None else there
            said.insert(0, clock(there) if whole is None else f"{clock(there)} of {clock(whole)}")
        said += [f"{self._without_answer:,} failed"] if self._without_answer else []
        seconds = self._clock() - self._began
        return Standing(self._name(), share, said, seconds, "" if over else self._newest_words())

    def _position(self, film: Tally) -> float:
        """Return how many seconds of a film are answered, or left out."""
        if film.state in ("ended", "failed"):
            return film.length or film.time
        settled = film.time * (1 - (film.waiting + film.in_flight) / film.captured) if film.captured else 0.0
        there = max(settled, self._ends.get(film.name, 0.0))
        there = film.time if self._count and not there else there
        return there if film.length is None else min(there, film.length)

    def _name(self) -> str:
        names = list(self._origin.ledgers)
        return one_line(names[0]) if len(names) == 1 else f"{len(names)} films"

    def _counted(self) -> str:
        thing = "answer" if isinstance(self._newest, Analysis | Answers) or self._newest is None else "item"
        of = "" if self._wanted is None else f" of {self._wanted:,}"
        return f"{self._count:,}{of} {thing}{'' if (self._wanted or self._count) == 1 else 's'}"

    def _newest_words(self) -> str:
        item = self._newest
        if not isinstance(item, Analysis):
            return ""
        words = one_line(str(item.error)) if item.error is not None else plain_words(item.text)
        return words if len(words) <= _NEWEST else f"{words[: _NEWEST - 3]}..."
