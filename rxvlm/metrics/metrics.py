"""Metrics: the counters of one run, in a registry of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from rxvlm import __version__
from rxvlm.analysis import Analysis, Answers
from rxvlm.arguments import describe
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.metrics.cameras import Cameras
from rxvlm.metrics.server import MetricsServer
from rxvlm.rules import AnyRule
from rxvlm.rules.scope import is_about
from rxvlm.sinks.sink import Counted
from rxvlm.text import valid_unicode

_AGES: Final = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600)  # seconds
_DURATIONS: Final = tuple(0.01 * 2**power for power in range(14))  # seconds, as OpenTelemetry has them for model calls


class Metrics:
    """Counts a run for Prometheus. It is a function of an analysis or an event, for ``ops.do_action``.

    >>> import rxvlm
    >>> from reactivex import operators as ops
    >>> ledgers = {}
    >>> metrics = Metrics(ledgers)
    >>> answers = rxvlm.watch_all({"yard": "demo:yard?seconds=4&fps=5"}, every=2.0, ledgers=ledgers)
    >>> _ = rxvlm.collect(answers.pipe(ops.do_action(metrics)))
    >>> metrics.registry.get_sample_value("rxvlm_frames_total", {"camera": "yard", "outcome": "analysed"})
    20

    Two of them in one process count separately. Any thread may call it.

    Args:
        ledgers: The ledgers of the cameras, by name; the mapping may change. None: there are no counts of frames.
        sinks: The counters of each sink, by a name without secrets; the mapping may change.
        rules: The rules that make the events; each begins at 0 for each camera, so that its first event is an increase.

    Attributes:
        registry: The metrics, as a registry of prometheus-client.
    """

    def __init__(
        self,
        ledgers: Mapping[str, Ledger] | None = None,
        *,
        sinks: Mapping[str, Counted] | None = None,
        rules: Iterable[AnyRule] = (),
    ) -> None:
        self.registry = registry = _Registry(auto_describe=True)  # for requests of some metrics: ?name[]=...
        self._ledgers: Mapping[str, Ledger] = {} if ledgers is None else ledgers
        self._rules = tuple(rules)
        registry.register(_Build())
        registry.register(Cameras(self._ledgers, self._on_camera))
        self._ages = Histogram(
            "rxvlm_analysis_age_seconds",
            "Seconds between the end of what was filmed and its answer.",
            ["camera"],
            buckets=_AGES,
            registry=registry,
        )
        self._durations = Histogram(
            "rxvlm_call_duration_seconds",
            "Seconds of a call of a model, answered or failed.",
            ["model"],
            buckets=_DURATIONS,
            registry=registry,
        )
        self._stages = Histogram(
            "rxvlm_stage_duration_seconds",
            "Seconds of each stage between the end of what was filmed and its answer.",
            ["camera", "stage"],
            buckets=_DURATIONS,
            registry=registry,
        )
        self._tokens = Counter(
            "rxvlm_tokens",
            "Tokens that answers cost, as the model's server says.",
            ["model", "type"],
            registry=registry,
        )
        self._events = Counter("rxvlm_events", "Events that began.", ["camera", "rule"], registry=registry)
        registry.register(_Sinks({} if sinks is None else sinks))

    def __call__(self, item: Analysis | Answers | Event) -> None:
        """Count an answer, a failed call, the answers of several models, or an event.

        Raises:
            TypeError: If it is something else.
        """
        if isinstance(item, Event):
            if item.phase == "start":
                self._events.labels(item.camera, item.name).inc()
        elif isinstance(item, Answers):
            for analysis in item.answers.values():
                self._count(analysis)
        elif isinstance(item, Analysis):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
            self._count(item)
        else:
            raise TypeError(f"metrics count analyses and events, not {describe(item)}")

    def change_rules(self, rules: Iterable[AnyRule]) -> None:
        """Begin the counters of other rules at 0, for present and later cameras."""
        self._rules = tuple(rules)
        for name in list(self._ledgers):
            self._on_camera(name)

    def serve(self, listen: str) -> MetricsServer:
        """Serve the metrics over HTTP, at ``/metrics``, until the server is closed.

        Args:
            listen: ``"PORT"`` or ``"HOST:PORT"``; without a host, only this machine can connect. Port 0 is a free one.

        Raises:
            OSError: If it cannot listen there; the message says why.
            ValueError: If the address is malformed.
        """
        return MetricsServer(self.registry, listen)

    def _count(self, analysis: Analysis) -> None:
        self._durations.labels(analysis.model).observe(max(0.0, analysis.duration))
        if analysis.error is None and analysis.age is not None and "asked" not in analysis.marks:
            self._ages.labels(analysis.clip.source).observe(max(0.0, analysis.age))
        for stage, seconds in analysis.timings.items():
            if seconds is not None and "asked" not in analysis.marks:  # about a clip that was there already
                self._stages.labels(analysis.clip.source, stage).observe(max(0.0, seconds))
        if analysis.usage is not None:
            self._tokens.labels(analysis.model, "input").inc(analysis.usage.input)
            self._tokens.labels(analysis.model, "output").inc(analysis.usage.output)

    def _on_camera(self, name: str) -> None:
        """Begin the counters of a camera at 0."""
        for rule in self._rules:
            if is_about(rule, name):
                self._events.labels(name, rule.name)


class _Registry(CollectorRegistry):
    """A registry whose names can be sent, and without ``..._created``, which doubles the size of a page for few."""

    def collect(self) -> Iterator[Metric]:
        for metric in super().collect():
            metric.samples = [_sendable(sample) for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


def _sendable(sample: Sample) -> Sample:
    """Return a sample with the halves of letters replaced, which a name has that was no UTF-8 on the command line."""
    return sample._replace(labels={name: valid_unicode(value) for name, value in sample.labels.items()})


class _Build(Collector):
    """Which version this is."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("rxvlm_build", "The version of rxvlm.", {"version": __version__})


class _Sinks(Collector):
    """The counters of sinks, as they are when Prometheus asks."""

    def __init__(self, sinks: Mapping[str, Counted]) -> None:
        self._sinks = sinks

    def collect(self) -> Iterator[Metric]:
        items = CounterMetricFamily(
            "rxvlm_sink_items", "Answers and events for a sink by what became of them.", labels=["sink", "outcome"]
        )
        for name, sink in dict(self._sinks).items():
            for outcome, count in (("sent", sink.sent), ("failed", sink.failed), ("lost", sink.lost)):
                items.add_metric([name, outcome], count)
        yield items
