"""Windows: those that are on their way, from their opening until they are settled."""

from __future__ import annotations

import weakref
from typing import Final, Literal, NamedTuple

from rxvlm.window import Span, WindowId

_MOST: Final = 1000  # windows on their way; beyond them the oldest is forgotten, unless it is in flight


class Known(NamedTuple):
    """What is known of a window.

    Attributes:
        span: Its newest span.
        began: When its start was filmed, in seconds since 1970 (UTC), by its first frame; None for a file. A window
            that was emitted before its end does not say so itself.
    """

    span: Span
    began: float | None

    @staticmethod
    def of(span: Span) -> Known:
        """Return what a span says."""
        return Known(span, None if span.captured is None else span.captured - (span.end - span.start))


class Settled(NamedTuple):
    """What was known of a window that is settled.

    Attributes:
        term: Under which term its frames were.
        began: As of `Known`.
    """

    term: Literal["waiting", "in_flight"]
    began: float | None


class Windows:
    """The windows of one ledger that are on their way. Called by one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[WindowId, Known] = {}  # the oldest first
        self._in_flight: set[WindowId] = set()
        self._settled: weakref.WeakSet[WindowId] = weakref.WeakSet()

    def expect(self, span: Span) -> Known | None:
        """Add a window, or its newer span; return one that is forgotten because there are too many."""
        if span.window_id in self._settled:
            return None
        known = self._known.get(span.window_id)
        self._known[span.window_id] = Known.of(span) if known is None else Known(span, known.began)
        if len(self._known) <= _MOST:
            return None
        oldest = next((one for one in self._known if one not in self._in_flight), None)
        return None if oldest is None else self._known.pop(oldest)

    def begin(self, span: Span) -> bool:
        """Mark a window as in flight; return False if it already is, or is settled."""
        if span.window_id in self._settled or span.window_id in self._in_flight:
            return False
        if span.window_id not in self._known:
            self._known[span.window_id] = Known.of(span)
        self._in_flight.add(span.window_id)
        return True

    def settle(self, span: Span, *, only: Literal["in_flight"] | None = None) -> Settled | None:
        """Mark a window as settled; return what was known of it, or None if it was settled before.

        Args:
            span: Its span.
            only: Under which term its frames must be; else nothing is done. None: any.
        """
        window_id = span.window_id
        term = "in_flight" if window_id in self._in_flight else "waiting"
        if window_id in self._settled or only not in (None, term):
            return None
        known = self._known.pop(window_id, None) or Known.of(span)
        self._in_flight.discard(window_id)
        self._settled.add(window_id)
        return Settled(term, known.began)

    def settle_all(self) -> list[Known]:
        """Mark all windows as settled; return what was known of them, the oldest first."""
        known = list(self._known.values())
        for one in known:
            self.settle(one.span)
        return known
