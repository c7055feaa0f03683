"""The stream: an Observable with its source, its steps and its ledger; and the types of its steps."""

from __future__ import annotations

from rxvlm.stream.composing import compose
from rxvlm.stream.naming import as_hiding_step, as_step
from rxvlm.stream.origin import Origin, Step
from rxvlm.stream.stream import HOW_TO_RUN, LossReason, OnDrop, Operator, Stream, ignore

__all__ = [
    "HOW_TO_RUN",
    "LossReason",
    "OnDrop",
    "Operator",
    "Origin",
    "Step",
    "Stream",
    "as_hiding_step",
    "as_step",
    "compose",
    "ignore",
]
