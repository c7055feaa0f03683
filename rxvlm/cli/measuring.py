"""The option ``--metrics``: the counters of a run, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

import rxvlm  # its names load when they are used: --help stays quick

if TYPE_CHECKING:
    from rxvlm.operators.to import ToSink


class Measuring:
    """Counts a run, and serves the counters until it is over; without an address it does nothing.

    Args:
        listen: Where they are served, as the user wrote it; None: nowhere.
        ledgers: The ledgers of the cameras, by name.
        sinks: The counters of the sinks, by their option and their address without secrets, as in ``--sink a.jsonl``.
        rules: What makes the events.

    Raises:
        OSError: If it cannot listen there.
        ValueError: If the address is malformed.
    """

    def __init__(
        self,
        listen: str | None,
        ledgers: Mapping[str, rxvlm.Ledger],
        sinks: Mapping[str, ToSink[rxvlm.Analysis | rxvlm.Event]],
        rules: Sequence[rxvlm.rules.Rule],
    ) -> None:
        self._server = self._metrics = None
        if listen is not None:
            named = {name.partition(" ")[2]: step for name, step in sinks.items()}  # without the option before it
            self._metrics = rxvlm.metrics.Metrics(ledgers, sinks=named, rules=rules)
            self._server = self._metrics.serve(listen)
            typer.echo(f"metrics are at {self._server.url}", err=True)

    def count(self, item: rxvlm.Analysis | rxvlm.Event) -> None:
        """Count an answer or an event."""
        if self._metrics is not None:
            self._metrics(item)

    def close(self) -> None:
        """Serve no longer."""
        if self._server is not None:
            self._server.close()
