"""What a step reads from the stream before it if its caller set nothing: its ledger, and whether it may wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex import Observable

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.stream.stream import LossReason, OnDrop, Stream, ignore
from rxvlm.window import Window


def losses(source: Observable[Any], on_drop: OnDrop | None, otherwise: OnDrop = ignore) -> OnDrop:
    """Return what is told of each item that a step loses: by default the ledger that its stream carries.

    Args:
        source: The stream before the step.
        on_drop: What the caller gave the step; it is then told instead of the ledger.
        otherwise: Told where no ledger counts the item.
    """
    if on_drop is not None:
        return on_drop
    find = ledgers(source)
    step = step_of(source)

    def lost(item: object, reason: LossReason) -> None:
        if isinstance(item, Frame | Window | Clip) and (ledger := find(item.source)) is not None:
            ledger.drop(item, reason, step=step)
        else:
            otherwise(item, reason)

    return lost


def step_of(source: Observable[Any], otherwise: str = "") -> str:
    """Return the name of the step that the user wrote, of which the caller may be a part.

    Args:
        source: The stream that the step got.
        otherwise: The name if the stream does not know it.
    """
    return Stream.of(source).doing.partition("(")[0] or otherwise


def ledgers(source: Observable[Any], given: Ledger | None = None) -> Callable[[str], Ledger | None]:
    """Return a function that returns the ledger of a camera by its name, from the stream before a step.

    Args:
        source: The stream.
        given: The ledger that the caller gave the step, for all cameras.
    """
    origin = Stream.of(source).origin
    return origin.ledger_of if given is None else lambda _name: given
