"""Helpers that the processor's tests share."""

from __future__ import annotations

from rxvlm.processor import AsyncVideoProcessor


def adds_up(processor: AsyncVideoProcessor) -> bool:
    tally = processor.get_statistics().ledger
    where = tally.analysed + tally.failed + sum(tally.dropped.values()) + tally.skipped + tally.thinned
    return tally.captured == where + tally.waiting + tally.in_flight + tally.unaccounted
