"""A driver over processes of this process, and what its subscriber heard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import wait_until
from processes_here import Here
from reactivex import Observer

from rxvlm import Analysis, Ledger
from rxvlm.cluster.driving.driver import Driver
from rxvlm.cluster.recipe import recipe
from rxvlm.cluster.task import Task


class Driven:
    """One subscription to films and cameras on processes of this process."""

    def __init__(self, cameras: Mapping[str, str | Path], engine: Here, *, most: int = 10, **options: Any) -> None:
        self.engine = engine
        self.analyses: list[Analysis] = []
        self.states: list[tuple[str, str, str]] = []
        self.error: Exception | None = None
        self.ended = False
        self.ledgers = {name: Ledger(name, lambda *state: self.states.append(state)) for name in cameras}
        observer = Observer(self.on_next, self._on_error, self._on_end)
        self.driver = Driver(observer, lambda: engine, lambda: None, most=most)
        self.wanted = {
            name: (Task(name, source, recipe("opencv"), {"aligned": "clock", **options}), self.ledgers[name])
            for name, source in cameras.items()
        }
        self.driver.change(self.wanted)
        if cameras:
            self.driver.no_more()
        self.driver.start()

    def on_next(self, analysis: Analysis) -> None:
        self.analyses.append(analysis)

    def of(self, camera: str) -> list[Analysis]:
        return [one for one in self.analyses if one.clip.source == camera]

    def starts(self, camera: str) -> list[float]:
        return [one.clip.start for one in self.of(camera)]

    def until_end(self) -> None:
        wait_until(lambda: self.ended or self.error is not None)

    def check_sums(self) -> None:
        for ledger in self.ledgers.values():
            tally = ledger.snapshot()
            settled = tally.analysed + tally.failed + sum(tally.dropped.values()) + tally.skipped + tally.thinned
            assert tally.captured == settled + tally.waiting + tally.in_flight + tally.unaccounted, tally

    def _on_error(self, error: Exception) -> None:
        self.error = error

    def _on_end(self) -> None:
        self.ended = True
