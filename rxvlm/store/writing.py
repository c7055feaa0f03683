"""Writing: the sink of a store, which writes analyses, events and the entries of ledgers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from reactivex.abc import DisposableBase

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.store.event_rows import EventRow
from rxvlm.store.following import Following
from rxvlm.store.rows import AnswerRow
from rxvlm.store.writer import Writer

Clips: TypeAlias = Literal["all", "events", "none"]
"""Which clips are kept: all, those of events (of the answers that began, updated or ended one), or none."""

Sync: TypeAlias = Literal["batch", "each"]
"""When what is written is on the disk: within a second, or before ``write`` returns."""


class Writing:
    """`Store.write`: a sink, which is called with each analysis and event; `rxvlm.operators.to` closes it at the end.

    Args:
        writer: The writer of the store.
        following: Writes the entries of ledgers.
        clips: Which clips are kept.

    Attributes:
        name: Its name in the log and in a stream's steps.
        takes_muted: That it gets events of muted rules, too.
    """

    takes_muted = True

    def __init__(self, writer: Writer, following: Following, clips: Clips) -> None:
        self._writer, self._following = writer, following
        self._clips: Clips = clips
        self.name = f"store {writer.path}"

    def __call__(self, item: Analysis | Event) -> None:
        """Write an analysis or an event. What is there already is not written twice.

        Raises:
            TypeError: If it is neither.
            StoreError: If it cannot be written, or another process writes to the store (StoreHeldError).
        """
        try:
            row = self._row(item)
        except Exception:  # of what is no JSON, for example
            self._writer.lost += 1
            raise
        self._writer.do(row.add)

    def follow(self, ledger: Ledger) -> DisposableBase:
        """Write the entries of a ledger from now on, for `Store.why`, until the result is disposed of.

        ``rxo.to(store.write)`` does this with the ledgers that its stream carries. The entries are kept for 7 days.
        """
        return self._following.follow(ledger)

    def become(self, other: Writing) -> None:
        """Take over the bounds of the sink of another store of the same file, without closing the file.

        Args:
            other: A sink that has not been called.
        """
        self._writer.become(other._writer)
        self._clips = other._clips

    def _row(self, item: Analysis | Event) -> AnswerRow | EventRow:
        if isinstance(item, Analysis):
            return AnswerRow.of(item, with_clip=self._clips == "all")
        if isinstance(item, Event):  # pyright: ignore[reportUnnecessaryIsInstance] - a stream may hold anything
            return EventRow(item, with_clip=self._clips != "none")
        raise TypeError(f"a store takes analyses and events, not {describe(item)}")

    def close(self) -> None:
        """Write everything to the disk, and let another process write; the next call opens it again."""
        try:
            self._following.close()
        finally:
            self._writer.close()
