"""Origin and Step: where the items of a stream come from, and what was done to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reactivex import Observable

from rxvlm.ledger import Ledger
from rxvlm.window import Span


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the items of a stream come from.

    Attributes:
        ledgers: Where their frames are counted, by the name of the camera or film; cameras may be added later.
        address: The address of its source, without secrets; "" if it has none, or more than one.
        look: Returns the first picture and the facts of a film as HTML; None where looking would have to connect.
        counted_in: Returns the source as a new stream that is counted in another ledger, and has another
            name; None if that is impossible.
    """

    ledgers: Mapping[str, Ledger] = field(default_factory=dict[str, Ledger])
    address: str = ""
    look: Callable[[], str] | None = None
    counted_in: Callable[[Ledger, str], Observable[Any]] | None = None

    @property
    def live(self) -> bool | None:
        """Whether one of its sources is live; None if that is unknown."""
        lives = {ledger.live for ledger in self.ledgers.values()} or {None}
        return True if True in lives else None if None in lives else False

    @property
    def never_waits(self) -> bool:
        """Whether there is a camera in it, which nothing may hold up; what is not known to be a film is one."""
        return bool(self.ledgers) and self.live is not False

    def ledger_of(self, source: str) -> Ledger | None:
        """Return the ledger in which the frames of a source are counted, by its name; None if that is unknown."""
        if len(self.ledgers) == 1:
            return next(iter(self.ledgers.values()))
        return self.ledgers.get(source)

    def expect(self, span: Span) -> None:
        """Tell the ledger of a window's source that the window is open, or complete."""
        ledger = self.ledger_of(span.source)
        if ledger is not None:
            ledger.expect(span)

    def __str__(self) -> str:
        kinds = {True: "camera", False: "film", None: "source"}
        sources = [f"{kinds[ledger.live]} {name!r}" for name, ledger in self.ledgers.items()]
        return (", ".join(sources) or "any source") + (f" ({self.address})" if self.address else "")


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to the items of a stream.

    Attributes:
        label: What it is called, with its arguments.
        operator: What does it.
        hides: Whether it hides parts of the pictures, so that those of the source are not shown behind it.
    """

    label: str
    operator: Callable[[Any], Any]
    hides: bool = False
