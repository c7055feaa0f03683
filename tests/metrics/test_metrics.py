"""What Prometheus reads of a run, by the parser of its own client."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import reactivex
from prometheus_client.parser import text_string_to_metric_families
from reactivex import operators as ops

import rxvlm
from rxvlm import operators as rxo
from rxvlm.analysis import Analysis, Answers
from rxvlm.clip import Clip
from rxvlm.event import Event
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.metrics import Metrics
from rxvlm.testing import frames_at

pytestmark = pytest.mark.usefixtures("no_threads_left")

CLIP = Clip((b"x",), "image/jpeg", (10.0,), 8, 8, 10.0, 20.0, captured=1000.0, source="yard")
ANSWER = Analysis(CLIP, "What?", "m", 1001.0, 1003.0, "A dog.", usage=rxvlm.Usage(100, 7))
START = Event(id="1", name="dog", camera="yard", phase="start", start=10.0, end=20.0, analysis=ANSWER)
DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana" / "rxvlm.json"

Page = Callable[[Metrics], dict[tuple[str, str], float]]


@pytest.fixture
def page() -> Page:
    """Return a function that reads the page of some metrics over HTTP, as names, labels and values."""

    def read(metrics: Metrics) -> dict[tuple[str, str], float]:
        with metrics.serve("0") as server:
            text = httpx.get(server.url, trust_env=False).raise_for_status().text
        return {
            (sample.name, " ".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return read


def capture(ledger: Ledger, count: int) -> list[Frame]:
    frames = frames_at([float(index) for index in range(count)], source=ledger.name)
    for frame in frames:
        ledger.capture(frame)
    return frames


def test_frames_are_those_of_the_ledger(page: Page) -> None:
    """What was settled is counted by its outcome; what waits or is in flight is a gauge."""
    ledgers: dict[str, Ledger] = {}
    metrics = Metrics(ledgers)
    answers = rxvlm.watch_all({"yard": "demo:yard?seconds=4&fps=5"}, rxvlm.models.opencv(), every=2.0, ledgers=ledgers)
    rxvlm.collect(answers.pipe(ops.do_action(metrics)))
    ledgers["yard"].open()
    lost, *_waiting = capture(ledgers["yard"], 3)
    ledgers["yard"].drop(lost, "overflow")
    read = page(metrics)
    frames = {labels: value for (name, labels), value in read.items() if name == "rxvlm_frames_total"}
    assert frames == {
        "camera=yard outcome=analysed": 20,
        "camera=yard outcome=failed": 0,
        "camera=yard outcome=overflow": 1,
        "camera=yard outcome=skipped": 0,
        "camera=yard outcome=thinned": 0,
        "camera=yard outcome=unaccounted": 0,
    }
    assert read["rxvlm_frames_waiting", "camera=yard"] == 2
    assert read["rxvlm_frames_in_flight", "camera=yard"] == 0


def test_a_counter_never_goes_back_when_a_camera_gets_a_new_ledger(page: Page) -> None:
    """A camera that left and came back goes on from its counts, those since the last look among them."""
    ledgers = {"yard": Ledger("yard")}
    metrics = Metrics(ledgers)
    first = ledgers["yard"]
    first.drop(capture(first, 1)[0], "overflow")
    assert page(metrics)["rxvlm_frames_total", "camera=yard outcome=overflow"] == 1
    first.drop(capture(first, 1)[0], "overflow")
    ledgers["yard"] = Ledger("yard")
    assert page(metrics)["rxvlm_frames_total", "camera=yard outcome=overflow"] == 2
    ledgers["yard"].drop(capture(ledgers["yard"], 1)[0], "overflow")
    assert page(metrics)["rxvlm_frames_total", "camera=yard outcome=overflow"] == 3
    del ledgers["yard"]
    assert ("rxvlm_camera_up", "camera=yard") not in page(metrics)
    ledgers["yard"] = Ledger("yard")
    assert page(metrics)["rxvlm_frames_total", "camera=yard outcome=overflow"] == 3


def test_a_reopened_ledger_goes_on(page: Page) -> None:
    """A ledger that was closed and opened again keeps its counts."""
    ledger = Ledger("yard")
    metrics = Metrics({"yard": ledger})
    for total in (2, 4):
        ledger.open()
        capture(ledger, 2)
        ledger.close()
        assert page(metrics)["rxvlm_frames_total", "camera=yard outcome=unaccounted"] == total


def test_a_camera_is_up_while_frames_come(page: Page) -> None:
    """A camera that is lost is down; each time that it comes back is a reconnect."""
    ledger = Ledger("yard")
    metrics = Metrics({"yard": ledger})
    ledger.state("waiting", "refused")
    ledger.state("live")
    capture(ledger, 1)
    assert page(metrics)["rxvlm_camera_up", "camera=yard"] == 1
    assert page(metrics)["rxvlm_reconnects_total", "camera=yard"] == 0
    ledger.state("waiting", "lost")
    assert page(metrics)["rxvlm_camera_up", "camera=yard"] == 0
    ledger.state("live")
    assert page(metrics)["rxvlm_reconnects_total", "camera=yard"] == 1


def test_answers_have_an_age_a_duration_and_a_cost(page: Page) -> None:
    """Ages are those of answers, durations those of all calls, tokens what the server said."""
    metrics = Metrics()
    metrics(ANSWER)
    metrics(replace(ANSWER, error=rxvlm.ModelTimeoutError("no answer within 60 s"), usage=None))
    metrics(Answers(CLIP, {"m": ANSWER, "n": replace(ANSWER, model="n")}))
    read = page(metrics)
    assert read["rxvlm_analysis_age_seconds_count", "camera=yard"] == 3
    assert read["rxvlm_analysis_age_seconds_sum", "camera=yard"] == 9
    assert read["rxvlm_analysis_age_seconds_bucket", "camera=yard le=2.0"] == 0
    assert read["rxvlm_analysis_age_seconds_bucket", "camera=yard le=3.0"] == 3
    assert read["rxvlm_call_duration_seconds_count", "model=m"] == 3
    assert read["rxvlm_tokens_total", "model=m type=input"] == 200
    assert read["rxvlm_tokens_total", "model=n type=output"] == 7


def test_events_are_counted_once_from_zero(page: Page) -> None:
    """An event counts when it begins; a rule that made none yet is 0, for the cameras that it is about."""
    metrics = Metrics(
        {"yard": Ledger("yard"), "gate": Ledger("gate")},
        rules=[rxvlm.rule("dog", lambda _: True), rxvlm.rule("open", lambda _: True, cameras=["gate"])],
    )
    for event in (START, replace(START, phase="update"), replace(START, phase="end")):
        metrics(event)
    read = {labels: value for (name, labels), value in page(metrics).items() if name == "rxvlm_events_total"}
    assert read == {"camera=yard rule=dog": 1, "camera=gate rule=dog": 0, "camera=gate rule=open": 0}


def test_sinks_are_those_of_the_steps(page: Page) -> None:
    """What became of the items of a sink is what `to` counted."""

    def sink(number: int) -> None:
        if number == 2:
            raise ValueError(number)

    step = rxo.to(sink)
    metrics = Metrics(sinks={"printer": step})
    rxvlm.collect(reactivex.of(1, 2, 3).pipe(step))
    read = page(metrics)
    counts = [read["rxvlm_sink_items_total", f"outcome={one} sink=printer"] for one in ("sent", "failed", "lost")]
    assert counts == [2, 1, 0]


def test_the_build_is_named(page: Page) -> None:
    """The version is a label."""
    assert page(Metrics())["rxvlm_build_info", f"version={rxvlm.__version__}"] == 1


def test_two_metrics_share_nothing(page: Page) -> None:
    """What one has counted, another in the same process does not see."""
    one, other = Metrics(), Metrics()
    one(ANSWER)
    assert ("rxvlm_tokens_total", "model=m type=input") not in page(other)


def test_names_are_escaped(page: Page) -> None:
    """A camera may have any name."""
    name = 'K"üche\\ + 1'
    assert page(Metrics({name: Ledger(name)}))["rxvlm_camera_up", f"camera={name}"] == 0


def test_half_a_letter_does_not_spoil_the_page(page: Page) -> None:
    """A name that was no UTF-8 on the command line has one; it cannot be sent as it is."""
    assert page(Metrics({"a\udcff": Ledger("a\udcff")}))["rxvlm_camera_up", "camera=a\ufffd"] == 0


@pytest.mark.parametrize("name", ["rxvlm_build_info", "rxvlm_frames_total", "rxvlm_sink_items_total"])
def test_some_metrics_may_be_asked_for(name: str) -> None:
    """As prometheus-client has it, by their names in the query."""
    sink = rxo.to(print)
    with Metrics({"yard": Ledger("yard")}, sinks={"print": sink}).serve("0") as server:
        text = httpx.get(server.url, params={"name[]": name}, trust_env=False).text
    assert {line.partition("{")[0] for line in text.splitlines() if not line.startswith("#")} == {name}


def test_only_analyses_and_events_are_counted() -> None:
    """Something else is a mistake that is told."""
    with pytest.raises(TypeError, match="metrics count analyses and events, not 'x'"):
        Metrics()("x")  # pyright: ignore[reportArgumentType] - that is the point


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    """Each query of the Grafana dashboard names metrics and labels that a run has."""
    metrics = Metrics({"yard": Ledger("yard")}, sinks={"printer": rxo.to(print)})
    metrics(ANSWER)
    metrics(START)
    there: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        for sample in family.samples:
            there.setdefault(sample.name, set()).update(sample.labels)
    queries = queries_of(json.loads(DASHBOARD.read_text(encoding="utf-8")))
    assert len(queries) > 10
    for query in queries:
        names = set(re.findall(r"\brxvlm_\w+", query))
        assert names
        assert names <= there.keys(), query
        grouped = " ".join(re.findall(r"\bby\s*\(([^)]*)\)", query))
        labels = {*re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query), *re.findall(r"\w+", grouped)}
        assert labels <= set.union(*(there[name] for name in names)), query
    left = {re.sub("_(bucket|sum|count)$", "", name) for name in there} - {"rxvlm_build_info"}
    assert not [name for name in left if not any(name in query for query in queries)], "it shows everything"


def queries_of(dashboard: object) -> list[str]:
    """Return all strings in a dashboard that name one of our metrics."""
    if isinstance(dashboard, str):
        return [dashboard] if "rxvlm_" in dashboard else []
    inner: Any = dashboard.values() if isinstance(dashboard, dict) else dashboard if isinstance(dashboard, list) else ()
    return [query for one in inner for query in queries_of(one)]
