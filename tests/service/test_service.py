"""A service: what a reload changes, and what goes on without a gap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import WATCHDOG

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
        self.configuration = load(self.path, former=self.configuration)
        self.service.reload(self.configuration)

    def answer(self, wanted: Callable[[Analysis], bool] = lambda _: True) -> Analysis:
        """Return the next answer that is wanted."""
        while True:
            item = self.items.get(timeout=WATCHDOG)
            if isinstance(item, Analysis) and wanted(item):
                return item

    def event(self, phase: str) -> Event:
        while True:
            item = self.items.get(timeout=WATCHDOG)
            if isinstance(item, Event) and item.phase == phase:
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
    """A limit and a breaker go on counting; a file is not opened again."""
    text = CAMERA + '[models.a]\nuse = "vllm:x"\nrequests_per_minute = 60\n[sinks.log]\nurl = "log.jsonl"\n'
    path.write_text(text)
    before = load(path)
    path.write_text(text + OTHER)
    after = load(path, former=before)
    assert after.models["a"] is before.models["a"]
    assert after.sinks["log"] is before.sinks["log"]
    assert after.cameras["yard"] == before.cameras["yard"]
    assert (tmp_path / "log.jsonl").exists()


def test_films_end_it(path: Path) -> None:
    """When all films have ended, so has the service, and its sinks have everything."""
    film = CAMERA.replace("demo:yard?", "demo:yard?seconds=2&")
    with at_work(path, film + '[sinks.log]\nurl = "log.jsonl"\n') as works:
        assert works.ended.wait(WATCHDOG)
        assert works.service.wait_for_sinks(WATCHDOG)
        assert len((path.parent / "log.jsonl").read_text().splitlines()) == 4
