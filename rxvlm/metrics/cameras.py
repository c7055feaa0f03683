"""Cameras: the numbers of their ledgers, as they are when Prometheus asks."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rxvlm.ledger import Ledger, Tally
from rxvlm.ledger.states import FLOWING

_ALWAYS: Final = ("analysed", "failed", "skipped", "thinned", "unaccounted")
"""The outcomes that each camera has from its start on, so that the first frame of one is seen as an increase."""

_MOST_REMEMBERED: Final = 1000  # cameras that have left


class Cameras(Collector):
    """Makes metrics of ledgers, whatever thread asks.

    A camera may come back with a new ledger, which counts from 0 again: its counters go on from where they were.

    Args:
        ledgers: Those of the cameras, by name, as they are at each moment.
        on_camera: Called with the name of each camera that is seen for the first time.
    """

    def __init__(self, ledgers: Mapping[str, Ledger], on_camera: Callable[[str], None]) -> None:
        self._ledgers, self._on_camera = ledgers, on_camera
        self._lock = threading.Lock()
        self._totals: OrderedDict[str, _Totals] = OrderedDict()

    def collect(self) -> Iterator[Metric]:
        """Return the metrics of the cameras that there are now."""
        with self._lock:
            seen = {
                name: (ledger.snapshot(), self._counted(name, ledger)) for name, ledger in dict(self._ledgers).items()
            }
        return iter(self._metrics(seen))

    def describe(self) -> list[Metric]:
        """Return the metrics without numbers, so that none of them can be registered twice."""
        return self._metrics({})

    def _counted(self, name: str, ledger: Ledger) -> Counter[str]:
        if name not in self._totals:
            self._totals[name] = _Totals(ledger)
            self._on_camera(name)
        self._totals.move_to_end(name)
        while len(self._totals) > max(_MOST_REMEMBERED, len(self._ledgers)):
            self._totals.popitem(last=False)
        return self._totals[name].counted(ledger)

    def _metrics(self, seen: Mapping[str, tuple[Tally, Counter[str]]]) -> list[Metric]:
        frames = CounterMetricFamily(
            "rxvlm_frames", "Captured frames by what became of them.", labels=["camera", "outcome"]
        )
        reconnects = CounterMetricFamily(
            "rxvlm_reconnects", "How often a camera was lost and came back.", labels=["camera"]
        )
        waiting = GaugeMetricFamily("rxvlm_frames_waiting", "Frames that wait for a model.", labels=["camera"])
        asked = GaugeMetricFamily(
            "rxvlm_frames_in_flight", "Frames that a model is being asked about.", labels=["camera"]
        )
        paused = GaugeMetricFamily(
            "rxvlm_camera_paused", "1 if asking about the camera is paused, else 0.", labels=["camera"]
        )
        up = GaugeMetricFamily("rxvlm_camera_up", "1 if frames arrive from the camera, else 0.", labels=["camera"])
        for name, (tally, totals) in seen.items():
            for outcome, count in totals.items():
                if outcome != "reconnects":
                    frames.add_metric([name, outcome], count)
            reconnects.add_metric([name], totals["reconnects"])
            waiting.add_metric([name], tally.waiting)
            asked.add_metric([name], tally.in_flight)
            up.add_metric([name], tally.state in FLOWING)
            paused.add_metric([name], tally.paused)
        return [frames, waiting, asked, up, paused, reconnects]


class _Totals:
    """The counters of one camera over all its ledgers; none ever goes back."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._before: Counter[str] = Counter()  # of ledgers that it had before
        self._now: Counter[str] = Counter(dict.fromkeys(_ALWAYS, 0))

    def counted(self, ledger: Ledger) -> Counter[str]:
        """Return frames by outcome, and reconnects."""
        if ledger is not self._ledger:
            self._rise(self._ledger.snapshot())
            self._before.update(self._now)
            self._ledger, self._now = ledger, Counter(dict.fromkeys(self._now, 0))
        self._rise(ledger.snapshot())
        return Counter({outcome: count + self._before[outcome] for outcome, count in self._now.items()})

    def _rise(self, tally: Tally) -> None:
        terms = {outcome: getattr(tally, outcome) for outcome in (*_ALWAYS, "reconnects")}
        for outcome, count in {**terms, **tally.dropped}.items():
            self._now[outcome] = max(self._now[outcome], count)
