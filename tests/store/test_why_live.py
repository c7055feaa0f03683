"""Why, of a camera on a real server that is killed and started again."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from conftest import WATCHDOG
from http_server import MjpegServer

from rxvlm import Analysis, Event, Ledger, Store, vlm_from, watch
from rxvlm import operators as rxo


class States:
    """What a ledger says of a camera, to be waited for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._states: list[str] = []
        self.ledger = Ledger("cam", self._on_state)

    def _on_state(self, _name: str, state: str, _reason: str) -> None:
        with self._changed:
            self._states.append(state)
            self._changed.notify_all()

    def wait_for(self, *states: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._states[-1:] and self._states[-1] in states, WATCHDOG)


def test_a_camera_that_was_killed_and_came_back(tmp_path: Path) -> None:
    """While it is away, why says since when and how; afterwards, until when; and its windows are answered."""
    states, answered = States(), threading.Event()

    def on_answer(item: Analysis | Event) -> None:
        if isinstance(item, Analysis) and item.clip.epoch:
            answered.set()

    with Store(tmp_path / "watch.db") as store, MjpegServer(rate=20) as server:
        answers = watch(server.uri, vlm_from(lambda _clip, _prompt: "a card"), ledger=states.ledger, every=0.5)
        watching = answers.pipe(step := rxo.to(store.write)).subscribe(on_answer)
        states.wait_for("live")
        server.stop()
        server.drop()
        states.wait_for("waiting")
        lost = time.time()
        away = store.why("cam", lost)
        server.start()
        states.wait_for("live")
        assert answered.wait(WATCHDOG)
        back = store.why("cam", lost)
        watching.dispose()
        assert step.wait(WATCHDOG)
        newest = store.search(limit=1)[0]
        assert store.why("cam", newest.at - 0.1).reason == "answered"
    assert (away.reason, away.until) == ("not captured", None)
    assert "it was away: waiting" in away.sentence
    assert back.since == away.since
    assert (back.since or lost + 1) <= lost <= (back.until or 0)
