"""Ledgers: what became of every captured frame, and what each camera is doing."""

from __future__ import annotations

from rxvlm.ledger.entries import Decision, Entry, Fate, FramesFate, LedgerListener, Outcome, StateChange, WindowFate
from rxvlm.ledger.ledger import Ledger
from rxvlm.ledger.states import State, StateListener
from rxvlm.ledger.tally import Tally

__all__ = [
    "Decision",
    "Entry",
    "Fate",
    "FramesFate",
    "Ledger",
    "LedgerListener",
    "Outcome",
    "State",
    "StateChange",
    "StateListener",
    "Tally",
    "WindowFate",
]
