"""keep_connected: open a live source again whenever it is lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from traceback import format_exc
from typing import Final, Generic, TypeAlias, TypeVar

from rxvlm.concurrency.backoff import Backoff
from rxvlm.errors import SourceError
from rxvlm.sources.running.capture import Session
from rxvlm.uri import without_secrets

_Item = TypeVar("_Item")
_log = logging.getLogger("rxvlm")

WELL_SECONDS: Final = 10.0  # a connection that lasted so long was no chance: the next wait is a short one again


class Nothing(Enum):
    """What a connection yields about every second while it has no item: what is missing."""

    PICTURE = "no picture"
    KEYFRAME = "no key frame"
    """Packets come, but no decoder can start with them."""


Connect: TypeAlias = Callable[[], Generator[_Item | Nothing]]
"""Opens a source and yields its items, and `Nothing` about every second while there is none."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a live source may be silent.

    Attributes:
        stalled: Seconds after which it counts as stalled.
        lost: Seconds after which the connection is given up.
    """

    stalled: float = 5.0
    lost: float = 15.0


def keep_connected(
    connect: Connect[_Item], session: Session, patience: Patience, *, remark: Callable[[], str] = str
) -> Generator[tuple[int, _Item]]:
    """Yield the items of a live source over all its connections, each with the number of reconnects before it.

    Sets the camera's state in the ledger: connecting, live, stalled, or waiting (lost, with the reason).
    It ends only with its session; a connection that ends or fails, for whatever reason, is followed by a new one. The
    waits between connections grow until one has delivered items for `WELL_SECONDS`.

    Args:
        connect: Opens the source; it ends, or raises `SourceError`, when the source is lost. Any other exception
            ends its connection, too, and is logged with its traceback.
        session: The session that it runs in, and ends with.
        patience: How long the source may be silent.
        remark: Returns what is odd about a source that is live; "" if nothing is.
    """
    backoff, epoch, lost = Backoff(), 0, ""
    session.state("connecting")
    while not session.ending:
        connection = _Connection(connect, session, patience, remark)
        for item in connection.items():
            if connection.was_well:
                backoff.reset()
            yield epoch, item
        if session.ending:
            return
        epoch += connection.live
        if connection.trace and connection.lost != lost:
            _log.error("%s: a connection failed, and is opened again: %s", session.ledger.name, connection.trace)
        lost = connection.lost
        session.state("waiting", lost)
        session.wait(backoff.wait())


class _Connection(Generic[_Item]):
    """One connection: its items, and why it was lost."""

    def __init__(
        self, connect: Connect[_Item], session: Session, patience: Patience, remark: Callable[[], str]
    ) -> None:
        self._connect, self._session, self._patience = connect, session, patience
        self._remark = remark
        self.live = False
        self.was_well = False
        self.lost = "the stream ended"
        self.trace = ""  # the traceback of an unexpected exception

    def items(self) -> Generator[_Item]:
        first_item = last_item = time.monotonic()
        try:
            with closing(self._connect()) as items:
                for item in items:
                    if self._session.ending:
                        return
                    if not isinstance(item, Nothing):
                        last_item = time.monotonic()
                        first_item = first_item if self.live else last_item
                        self.was_well = last_item - first_item >= WELL_SECONDS
                        self.live = True
                        self._session.state("live", self._remark())
                        yield item
                    elif self._lasts_too_long(item, time.monotonic() - last_item):
                        return
        except SourceError as error:
            self.lost = str(error)
        except Exception as error:  # noqa: BLE001 - a damaged stream, or a bug: neither may end a live source
            self.lost = without_secrets(f"{type(error).__name__}: {error}")
            self.trace = without_secrets(format_exc())

    def _lasts_too_long(self, missing: Nothing, seconds: float) -> bool:
        """Set the state after some seconds without an item; return whether the source counts as lost."""
        if seconds >= self._patience.stalled and (self.live or missing is Nothing.KEYFRAME):
            self._session.state("stalled", f"{missing.value} for {self._patience.stalled:g} s")
        if seconds >= self._patience.lost:
            self.lost = f"{missing.value} for {self._patience.lost:g} s"
        return seconds >= self._patience.lost
