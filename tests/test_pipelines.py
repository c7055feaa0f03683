"""Five pipelines by hand, on a film and on a live drawn camera: no wiring, and every frame is accounted for."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import operators as ops

from rxvlm import Analysis, Answers, collect, models, video, vlm_from
from rxvlm import operators as rxo
from rxvlm.stream import Stream

FILM, CAMERA = "demo:yard?seconds=24&fps=5&width=160&height=90", "demo:yard?fps=10&width=160&height=90"
ECHO = vlm_from(lambda clip, prompt: f"{prompt} {clip.start:g}", name="echo")
both = pytest.mark.parametrize("uri", [FILM, CAMERA], ids=["film", "camera"])


def whole(stream: Stream[Any]) -> bool:
    """Return whether every frame that the stream's source captured was settled, for a reason that is known."""
    assert stream.ledger is not None
    tally = stream.ledger.snapshot()
    settled = tally.analysed + tally.failed + tally.skipped + tally.thinned + sum(tally.dropped.values())
    return tally.captured == settled and tally.unaccounted == 0 and (bool(tally.live) or not tally.dropped)


@both
def test_two_prompts_and_a_shared_limit(uri: str) -> None:
    """Each clip is encoded once, and asked about twice through one limit; a film loses none of either."""
    limited = models.limit(ECHO, requests_per_minute=60_000, max_concurrent=2)
    frames = video(uri)
    clips = frames.pipe(rxo.buffer_by_time(1.0), rxo.sample_evenly(2), rxo.encode_mp4(64), ops.share())
    asked = [clips.pipe(rxo.analyze(limited, prompt)) for prompt in ("Who?", "What?")]
    stream = Stream.of(reactivex.merge(*asked)).pipe(rxo.close_ledger())
    found = collect(stream, 8 if uri == CAMERA else None)
    texts = {analysis.text for analysis in found}
    assert {text.split()[0] for text in texts} == {"Who?", "What?"}
    assert uri == CAMERA or texts == {f"{prompt} {second}" for prompt in ("Who?", "What?") for second in range(24)}
    assert stream.ledger is frames.ledger
    assert whole(stream)


@both
def test_ask_only_when_something_moves(uri: str) -> None:
    """Windows behind the gate are skipped, and those that pass are answered."""
    stream = video(uri).pipe(
        rxo.buffer_by_time(1.0),
        rxo.on_backpressure_buffer(2),
        rxo.gate_by_motion(),
        rxo.sample_evenly(2),
        rxo.encode_mp4(64),
        rxo.analyze(ECHO, "What moves?"),
        rxo.close_ledger(),
    )
    assert collect(stream, 2 if uri == CAMERA else None)
    assert whole(stream)
    assert stream.ledger is not None
    assert stream.ledger.snapshot().skipped > 0


@both
def test_three_seconds_before_and_five_after(uri: str) -> None:
    """A clip is 8 s of the video, around the moment that the trigger names."""
    stream = video(uri).pipe(
        rxo.clip_around(lambda frame: frame.time == 4.0, before=3.0, after=5.0),
        rxo.encode_mp4(64),
        rxo.analyze(ECHO, "What happened?"),
        rxo.close_ledger(),
    )
    (analysis,) = collect(stream, 1)
    assert (analysis.clip.start, analysis.clip.end) == (1.0, 9.0)
    assert whole(stream)


@both
def test_two_models_on_one_clip(uri: str) -> None:
    """Each pair is of one clip, also with one slow model on a camera that loses clips."""
    never = threading.Event()
    slow = vlm_from(lambda clip, _: f"{clip.start:g} {never.wait(0.3)}", name="slow")
    stream = video(uri).pipe(
        rxo.buffer_by_time(0.5),
        rxo.sample_evenly(1),
        rxo.encode_mp4(64),
        rxo.ask_models({"quick": ECHO, "slow": slow}, "What?", capacity=1),
        rxo.close_ledger(),
    )
    found: list[Answers[Any]] = collect(stream, 4 if uri == CAMERA else None)
    for pair in found:
        start = f"{pair.clip.start:g}"
        assert (pair.answers["quick"].text, pair.answers["slow"].text.split()[0]) == (f"What? {start}", start)
    assert uri == CAMERA or len(found) == 48
    assert whole(stream)


@both
def test_answers_into_sqlite_and_an_alert_at_most_once_in_five_minutes(uri: str, tmp_path: Path) -> None:
    """A database that is used on one thread, closed at the end, and one alert for all that happened."""
    alerts, database = list[float](), Database(tmp_path / "answers.db")
    stored = rxo.to(database)

    def alert(analysis: Analysis[Any]) -> None:
        alerts.append(analysis.clip.start)

    stream = video(uri).pipe(
        rxo.buffer_by_time(1.0),
        rxo.sample_evenly(2),
        rxo.encode_mp4(64),
        rxo.analyze(ECHO, "What?"),
        rxo.close_ledger(),
        stored,
        rxo.at_most_every(300.0),
        rxo.to(alert),
    )
    over = threading.Event()
    running = stream.subscribe(on_completed=over.set)
    assert (database.three if uri == CAMERA else over).wait(WATCHDOG)
    running.dispose()
    assert stored.wait(WATCHDOG)
    with closing(sqlite3.connect(tmp_path / "answers.db")) as written:
        rows = written.execute("select start, text from answers order by start").fetchall()
    assert len(rows) == stored.sent
    assert uri == CAMERA or len(rows) == 24
    assert alerts == [0.0]


class Database:
    """A plain sink: SQLite wants to be used on the thread that opened it."""

    def __init__(self, path: Path) -> None:
        self._path, self._rows = path, 0
        self.three = threading.Event()

    def __call__(self, analysis: Analysis[Any]) -> None:
        if not self._rows:
            self._database = sqlite3.connect(self._path)
            self._database.execute("create table answers (start real, text text)")
        self._database.execute("insert into answers values (?, ?)", (analysis.clip.start, analysis.text))
        self._rows += 1
        if self._rows == 3:
            self.three.set()

    def close(self) -> None:
        if self._rows:
            self._database.commit()
            self._database.close()
