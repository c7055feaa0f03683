"""Ledgers: what became of every captured frame."""

from __future__ import annotations

from rxvlm.ledger.ledger import Ledger, Tally

__all__ = ["Ledger", "Tally"]
