"""Windows: those that are on their way, from their opening until they are settled."""

from __future__ import annotations

import weakref
from typing import Final, Literal

from rxvlm.window import Span, WindowId

_MOST: Final = 1000  # windows on their way; beyond them the oldest is forgotten, unless it is in flight


class Windows:
    """The windows of one ledger that are on their way. Called by one thread at a time."""

    def __init__(self) -> None:
        self._spans: dict[WindowId, Span] = {}  # the oldest first
        self._in_flight: set[WindowId] = set()
        self._settled: weakref.WeakSet[WindowId] = weakref.WeakSet()

    def expect(self, span: Span) -> Span | None:
        """Add a window, or its newer span; return the span of one that is forgotten because there are too many."""
        if span.window_id in self._settled:
            return None
        self._spans[span.window_id] = span
        if len(self._spans) <= _MOST:
            return None
        oldest = next((one for one in self._spans if one not in self._in_flight), None)
        return None if oldest is None else self._spans.pop(oldest)

    def begin(self, span: Span) -> bool:
        """Mark a window as in flight; return False if it already is, or is settled."""
        if span.window_id in self._settled or span.window_id in self._in_flight:
            return False
        self._spans.setdefault(span.window_id, span)
        self._in_flight.add(span.window_id)
        return True

    def settle(self, span: Span) -> Literal["waiting", "in_flight"] | None:
        """Mark a window as settled; return under which term its frames were, or None if it was settled before."""
        window_id = span.window_id
        if window_id in self._settled:
            return None
        term = "in_flight" if window_id in self._in_flight else "waiting"
        self._in_flight.discard(window_id)
        self._spans.pop(window_id, None)
        self._settled.add(window_id)
        return term

    def is_in_flight(self, span: Span) -> bool:
        """Return whether a model is being asked about a window."""
        return span.window_id in self._in_flight

    def settle_all(self) -> list[Span]:
        """Mark all windows as settled; return their spans, the oldest first."""
        spans = list(self._spans.values())
        for span in spans:
            self.settle(span)
        return spans
