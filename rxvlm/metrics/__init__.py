"""Metrics: counters of a run for Prometheus, from its ledgers, answers, events and sinks."""

from __future__ import annotations

from rxvlm.metrics.metrics import Metrics
from rxvlm.metrics.server import MetricsServer

__all__ = ["Metrics", "MetricsServer"]


def __dir__() -> list[str]:
    return sorted(__all__)
