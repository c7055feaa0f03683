"""keep_connected: open a live source again whenever it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from rxvlm.concurrency.backoff import Backoff
from rxvlm.errors import SourceError
from rxvlm.sources.running.capture import Session

_Item = TypeVar("_Item")

Connect: TypeAlias = Callable[[], Generator[_Item | None]]
"""Opens a source and yields its items, and None about every second while there is none."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a live source may be silent.

    Attributes:
        stalled: Seconds after which it counts as stalled.
        lost: Seconds after which the connection is given up.
    """

    stalled: float = 5.0
    lost: float = 15.0


def keep_connected(connect: Connect[_Item], session: Session, patience: Patience) -> Generator[tuple[int, _Item]]:
    """Yield the items of a live source over all its connections, each with the number of reconnects before it.

    Sets the camera's state in the ledger: connecting, live, stalled, or waiting (lost, with the reason).
    It ends only with its session; a connection that ends or fails is followed by a new one.

    Args:
        connect: Opens the source; it ends, or raises `SourceError`, when the source is lost.
        session: The session that it runs in, and ends with.
        patience: How long the source may be silent.
    """
    backoff, epoch = Backoff(), 0
    session.state("connecting")
    while not session.ending:
        connection = _Connection(connect, session, patience)
        for item in connection.items():
            backoff.reset()
            yield epoch, item
        if session.ending:
            return
        epoch += connection.live
        session.state("waiting", connection.lost)
        session.wait(backoff.wait())


class _Connection(Generic[_Item]):
    """One connection: its items, and why it was lost."""

    def __init__(self, connect: Connect[_Item], session: Session, patience: Patience) -> None:
        self._connect, self._session, self._patience = connect, session, patience
        self.live = False
        self.lost = "the stream ended"

    def items(self) -> Generator[_Item]:
        last_item = time.monotonic()
        try:
            with closing(self._connect()) as items:
                for item in items:
                    if self._session.ending:
                        return
                    if item is not None:
                        last_item = time.monotonic()
                        self.live = True
                        self._session.state("live")
                        yield item
                    elif self._silent(time.monotonic() - last_item):
                        return
        except SourceError as error:
            self.lost = str(error)

    def _silent(self, seconds: float) -> bool:
        """Set the state after some seconds of silence; return whether the source counts as lost."""
        if seconds >= self._patience.stalled and self.live:
            self._session.state("stalled", f"no picture for {self._patience.stalled:g} s")
        if seconds >= self._patience.lost:
            self.lost = f"no picture for {self._patience.lost:g} s"
        return seconds >= self._patience.lost
