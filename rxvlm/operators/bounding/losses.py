"""Log the first loss of a subscription that has no on_drop."""

from __future__ import annotations

import logging
from itertools import count
from typing import Final

from rxvlm.operators.bounding.rules import Overflow
from rxvlm.stream import LossReason, OnDrop, ignore
from rxvlm.uri import without_secrets

_log = logging.getLogger("rxvlm")
_REMEDY: Final = "overflow='block' makes a file wait instead, on_drop=... gets each loss"


def log_first_loss(step: str, overflow: Overflow | None) -> OnDrop:
    """Return an on_drop that logs only the first item that a full queue drops.

    Args:
        step: The name of the step, for the message.
        overflow: Its rule, None if the source decides; where a full queue is an error of the stream, nothing is logged.
    """
    if overflow in ("block", "error"):
        return ignore
    losses = count()

    def lost(item: object, reason: LossReason) -> None:
        if reason == "overflow" and next(losses) == 0:
            what = without_secrets(repr(item))
            _log.warning("%s had no room for %.200s, which is dropped; others may follow: %s", step, what, _REMEDY)

    return lost
