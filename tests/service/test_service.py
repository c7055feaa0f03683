"""A service: what a reload changes, and what goes on without a gap."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from conftest import WATCHDOG, wait_until

import rxvlm
from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.service.loading import load
from rxvlm.service.service import Item, Service

CAMERA = '[cameras.yard]\nuri = "demo:yard?fps=10&width=160&height=90"\nevery = 0.5\nframes = 2\n'
OTHER = '[cameras.gate]\nuri = "demo:gate?fps=10&width=160&height=90"\nevery = 0.5\nframes = 2\n'
ALWAYS = '[rules.always]\nwhen = "motion.share >= 0.0"\nneed = "1/1"\n'


class Works:
    """A service at work, with what it said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.configuration = load(path)
        self.items: queue.Queue[Item] = queue.Queue()
        self.states: list[tuple[str, str]] = []
        self.ended = threading.Event()
        self.service = Service(
            self.configuration,
            on_item=self.items.put,
            on_state=lambda name, state, _reason: self.states.append((name, state)),
            on_end=lambda _error: self.ended.set(),
        )

    def reload(self, text: str) -> None:
        self.path.write_text(text)
        self.configuration = self.service.reload(load(self.path, former=self.configuration))

    def answer(self, wanted: Callable[[Analysis], bool] = lambda _: True) -> Analysis:
        """Return the next answer that is wanted."""
        while True:
            item = self.items.get(timeout=WATCHDOG)
            if isinstance(item, Analysis) and wanted(item):
                return item

    def event(self, phase: str, camera: str = "yard") -> Event:
        while True:
            item = self.items.get(timeout=WATCHDOG)
            if isinstance(item, Event) and (item.phase, item.camera) == (phase, camera):
                return item


@contextmanager
def at_work(path: Path, text: str) -> Generator[Works]:
    path.write_text(text)
    works = Works(path)
    works.service.start()
    try:
        yield works
    finally:
        works.service.stop()
        works.service.leave()
        assert works.service.wait_for_sinks(WATCHDOG)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watch.toml"


def test_a_new_prompt_does_not_open_its_camera_again(path: Path) -> None:
    """The windows go on where they were, with the new prompt."""
    with at_work(path, CAMERA + 'prompt = "one"\n') as works:
        first = works.answer()
        works.reload(CAMERA + 'prompt = "two"\n')
        second = works.answer(lambda one: one.prompt == "two")
    assert first.prompt == "one"
    assert second.clip.span.window_id.source == "yard"
    assert second.clip.span.epoch == first.clip.span.epoch
    assert second.clip.start > first.clip.start
    assert [state for state in works.states if state[1] == "live"] == [("yard", "live")]


def test_cameras_come_and_go(path: Path) -> None:
    """A new camera is opened, one that is gone is left, and the others go on."""
    with at_work(path, CAMERA) as works:
        works.answer()
        works.reload(CAMERA + OTHER)
        works.answer(lambda one: one.clip.source == "gate")
        works.reload(OTHER)
        works.answer(lambda one: one.clip.source == "gate")
        while not works.items.empty():
            works.items.get()
        left = {works.answer().clip.source for _ in range(3)}
    assert left == {"gate"}
    assert works.states.count(("gate", "live")) == 1


def test_a_camera_of_other_options_is_opened_again(path: Path) -> None:
    """Its windows have the new length."""
    with at_work(path, CAMERA) as works:
        works.answer()
        works.reload(CAMERA.replace("every = 0.5", "every = 0.3"))
        works.answer(lambda one: one.clip.end - one.clip.start == pytest.approx(0.3))
    assert works.states.count(("yard", "live")) == 2


def test_a_rule_that_stays_keeps_its_state(path: Path) -> None:
    """Its event goes on over a reload; that of a rule that is gone ends."""
    with at_work(path, CAMERA + ALWAYS) as works:
        start = works.event("start")
        works.reload(CAMERA + ALWAYS + '[rules.other]\nwhen = "motion.share < 0.0"\n')
        update = works.event("update")
        works.reload(CAMERA)
        end = works.event("end")
    assert start.id == update.id == end.id
    assert end.reason == "rule changed"


def test_models_and_sinks_of_the_same_words_stay(path: Path, tmp_path: Path) -> None:
    """A limit and a breaker go on counting; and nothing is opened yet."""
    text = CAMERA + '[models.a]\nuse = "vllm:x"\nrequests_per_minute = 60\n[sinks.log]\nurl = "log.jsonl"\n'
    path.write_text(text)
    before = load(path)
    path.write_text(text + OTHER)
    after = load(path, former=before)
    assert after.models["a"] is before.models["a"]
    assert after.sinks["log"] is before.sinks["log"]
    assert after.cameras["yard"] == before.cameras["yard"]
    assert not (tmp_path / "log.jsonl").exists()


def test_a_rule_keeps_its_state_when_cameras_come(path: Path) -> None:
    """It is about all cameras; the event of the first goes on."""
    with at_work(path, CAMERA + ALWAYS) as works:
        start = works.event("start")
        works.reload(CAMERA + ALWAYS + OTHER)
        works.answer(lambda one: one.clip.source == "gate")
        update = works.event("update", camera="yard")
    assert update.id == start.id


@pytest.mark.parametrize("what", ["store", "metrics"])
def test_what_cannot_be_opened_refuses_a_reload_as_a_whole(what: str, path: Path) -> None:
    """Neither the new camera is watched, nor the new store kept, nor the old metrics lost."""
    with (
        rxvlm.Store(path.parent / "held.db") as held,
        socket.create_server(("127.0.0.1", 0)) as taken,
        at_work(path, CAMERA + '[metrics]\nlisten = "127.0.0.1:0"\n') as works,
    ):
        held.begin()
        store = "held.db" if what == "store" else "free.db"
        port = taken.getsockname()[1] if what == "metrics" else 0
        with pytest.raises((rxvlm.errors.StoreHeldError, OSError)):
            works.reload(CAMERA + OTHER + f'[store]\npath = "{store}"\n[metrics]\nlisten = "127.0.0.1:{port}"\n')
        works.answer()
        assert "store" not in works.service.sending.sinks
        assert "gate" not in works.service.ledgers
        assert works.service.metrics_url
        with rxvlm.Store(path.parent / "free.db") as free:
            free.begin()  # it is held by none


def test_a_new_rule_is_counted_from_0(path: Path) -> None:
    """So that Prometheus sees its first event as an increase."""
    metrics = '[metrics]\nlisten = "127.0.0.1:0"\n'
    with at_work(path, CAMERA + metrics) as works:
        works.reload(CAMERA + metrics + '[rules.never]\nwhen = "motion.share < 0.0"\n')
        with urlopen(str(works.service.metrics_url), timeout=WATCHDOG) as page:
            assert 'rxvlm_events_total{camera="yard",rule="never"} 0.0' in page.read().decode()


def test_a_store_of_other_bounds_goes_on(path: Path) -> None:
    """It is not closed, so nothing is lost; its new words hold from now on."""
    with at_work(path, CAMERA + '[store]\npath = "a.db"\n') as works:
        store, step = works.configuration.store, works.service.sending.sinks["store"]
        while not step.sent:  # the first one is written with its clip
            works.answer()
        works.reload(CAMERA + '[store]\npath = "a.db"\nclips = "none"\nkeep_days = 2\n')
        assert works.configuration.store is store
        assert works.service.sending.sinks["store"] is step
        begun = works.answer().clip.start
        works.answer(lambda one: one.clip.start > begun + 0.6)
    with rxvlm.Store(path.parent / "a.db") as found:
        kept = [one.kept for one in found.search()]
    assert kept[0] is False
    assert kept[-1] is True


def test_a_store_that_is_gone_is_free(path: Path) -> None:
    """Also where a camera came after it: another process may write to it."""
    with at_work(path, CAMERA + '[store]\npath = "a.db"\n') as works:
        works.reload(CAMERA + OTHER + '[store]\npath = "a.db"\n')
        works.answer(lambda one: one.clip.source == "gate")
        works.reload(CAMERA + OTHER)
        assert all(step.wait(WATCHDOG) for _, step in works.service.sending.steps())
        works.answer(lambda one: one.clip.source == "gate")
        works.answer(lambda one: one.clip.source == "gate")
        with rxvlm.Store(path.parent / "a.db") as store:
            store.begin()


def test_a_new_secret_is_taken(path: Path) -> None:
    """The file says the same, but what it names has changed: the sink is another."""
    secret = path.parent / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    path.write_text(CAMERA + '[sinks.a]\nurl = "http://127.0.0.1:9/a"\nsecret_file = "secret"\n')
    before = load(path)
    assert load(path, former=before).sinks["a"] is before.sinks["a"]
    secret.write_text("whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    assert load(path, former=before).sinks["a"] is not before.sinks["a"]


def test_sinks_get_what_the_file_says(path: Path) -> None:
    """A program and a file: only answers, or only starts."""
    program = path.parent / "note.sh"
    program.write_text('#!/bin/sh\necho "$1 $2" >> "$(dirname "$0")/notes"\n')
    program.chmod(0o700)
    film = CAMERA.replace("demo:yard?", "demo:yard?seconds=2&")
    sinks = (
        '[sinks.starts]\ncommand = ["./note.sh", "{phase}", "{name}"]\nphases = ["start"]\nanswers = false\n'
        '[sinks.answers]\nurl = "answers.jsonl"\nphases = ["end"]\n[sinks.ends]\nurl = "ends.jsonl"\nphases = ["end"]\n'
        "answers = false\n"
    )
    with at_work(path, film + ALWAYS + sinks) as works:
        assert works.ended.wait(WATCHDOG)
        assert works.service.wait_for_sinks(WATCHDOG)
    assert (path.parent / "notes").read_text() == "start always\n"
    types = [json.loads(line)["type"] for line in (path.parent / "answers.jsonl").read_text().splitlines()]
    assert sorted(types) == ["analysis"] * 4 + ["event"]
    assert len((path.parent / "ends.jsonl").read_text().splitlines()) == 1


def test_reloads_leave_nothing_behind(path: Path) -> None:
    """No thread, no descriptor and no queue stays, however often cameras, models and sinks are replaced."""

    def text(number: int) -> str:
        return (
            CAMERA
            + f'[cameras.film{number % 2}]\nuri = "demo:gate?fps=2&seconds=1"\nmodel = "m"\n'
            + f'[defaults]\nmodel = "opencv"\n[models.m]\nuse = "vllm:x@http://127.0.0.1:9/v{number}"\n'
            + f'[sinks.a]\nurl = "{number % 3}.jsonl"\n[store]\npath = "{number % 2}.db"\n'
            + f'[rules.r{number}]\nwhen = "motion.share >= 0.0"\n'
        )

    def held() -> tuple[int, int]:
        return threading.active_count(), sum(1 for _ in Path("/proc/self/fd").iterdir())

    with at_work(path, text(0)) as works:
        for number in range(1, 5):
            works.reload(text(number))
        works.answer()
        before = held()
        for number in range(5, 25):
            works.reload(text(number))
        works.answer()
        assert all(step.wait(WATCHDOG) for _, step in works.service.sending.steps()[:-2])
        assert len(works.service.sending.steps()) < 10
        # What was replaced ends in its own time: on a busy machine its last threads are seen for a moment more.
        wait_until(lambda: held()[0] <= before[0] + 4 and held()[1] <= before[1] + 8)


def test_films_end_it(path: Path) -> None:
    """When all films have ended, so has the service, and its sinks have everything."""
    film = CAMERA.replace("demo:yard?", "demo:yard?seconds=2&")
    with at_work(path, film + '[sinks.log]\nurl = "log.jsonl"\n') as works:
        assert works.ended.wait(WATCHDOG)
        assert works.service.wait_for_sinks(WATCHDOG)
        assert len((path.parent / "log.jsonl").read_text().splitlines()) == 4
