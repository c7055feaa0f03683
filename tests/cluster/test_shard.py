"""The parts of a shard: results that wait, batches that are sent again, and models that are asked under a lease."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import wait_until
from reactivex.testing import TestScheduler

from rxvlm import Analysis, Clip, errors
from rxvlm.cluster import recipe
from rxvlm.cluster.deciding.lease import Lease
from rxvlm.cluster.shards.leased import under_lease
from rxvlm.cluster.shards.outbox import Outbox
from rxvlm.cluster.shards.sending import Sending
from rxvlm.cluster.shards.shard import Shard
from rxvlm.cluster.task import Given, Over, Report, Task, packed, unpacked
from rxvlm.ledger import Tally
from rxvlm.models import fallback, limit
from rxvlm.testing import Say, scripted


def clip_at(start: float) -> Clip:
    return Clip(b"film", "video/mp4", (start,), 16, 16, start, start + 1.0, source="a", seen=3, fresh=3)


def given_at(start: float, **facts: Any) -> Given:
    return Given("a", 1, Analysis(clip_at(start), "what?", "m", 0.0, 1.0, **facts))


OVER = Over("a", 1, Report("a", 1, Tally("a", "ended", ""), None, 0))


def starts(results: list[Any]) -> list[float]:
    return [one.analysis.clip.start for one in results if isinstance(one, Given)]


def test_a_full_outbox_loses_the_oldest_answer_of_a_camera() -> None:
    """A camera is never held up: its oldest waiting answers are lost, and told."""
    lost: list[Given] = []
    outbox = Outbox(lost.append, capacity=3)
    for start in range(5):
        outbox.put(given_at(start), waits=False)
    outbox.end(OVER)
    assert starts(lost) == [0.0, 1.0]
    assert starts(outbox.take(0)) == [2.0, 3.0, 4.0]


def test_a_film_waits_for_room() -> None:
    """A film's answers are not lost: its thread waits until some were taken."""
    outbox = Outbox(lambda _: pytest.fail("nothing may be lost"), capacity=2)

    def put_all() -> None:
        for start in range(5):
            outbox.put(given_at(start), waits=True)
        outbox.end(OVER)

    thread = threading.Thread(target=put_all)
    thread.start()
    wait_until(lambda: len(outbox) == 2)
    taken: list[float] = []
    while len(taken) < 5:
        taken += starts(outbox.take(1.0))
    thread.join()
    assert taken == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_film_that_is_left_waits_no_more() -> None:
    """A film that waits for room ends its wait when it is not watched any more."""
    outbox, left = Outbox(lambda _: None, capacity=1), threading.Event()
    outbox.put(given_at(0.0), waits=True)
    thread = threading.Thread(target=lambda: outbox.put(given_at(1.0), waits=True, left=left.is_set))
    thread.start()
    left.set()
    thread.join(60)
    assert not thread.is_alive()


def test_what_was_not_received_is_sent_again() -> None:
    """After a broken connection the next call sends what came last again, and ends the call before it."""
    outbox = Outbox(lambda _: None)
    sending = Sending(outbox)
    outbox.put(given_at(0.0), waits=True)
    first = sending.batches(0)
    assert next(first)[0] == 1
    outbox.put(given_at(1.0), waits=True)
    assert next(first)[0] == 2
    again = sending.batches(1)
    number, batch = next(again)
    assert (number, starts(unpacked(batch))) == (2, [1.0])
    assert list(first) == []
    outbox.close()
    assert list(again) == []


def test_an_answer_whose_value_cannot_be_pickled_travels_as_json_has_it() -> None:
    """Neither a value with a lock in it nor an error of its own making keeps an answer from arriving."""

    class OwnError(errors.RxvlmError):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(f"{one} {two}")

    (sent, failed) = unpacked(
        packed([given_at(0.0, value={"lock": threading.Lock(), "n": 1}), given_at(1.0, error=OwnError("so", "not"))])
    )
    assert isinstance(sent, Given)
    assert isinstance(failed, Given)
    assert sent.analysis.value["n"] == 1
    assert str(failed.analysis.error) == "so not"
    assert sent.analysis.clip.data == b"film"


def test_a_model_is_asked_only_under_the_lease() -> None:
    """Without a lease an ask waits; it is looked at just before the ask, also behind a limit and a fallback."""
    now = 100.0
    lease = Lease(5.0, clock=lambda: now)
    script = scripted(Say("yes", seconds=0.5))
    model = under_lease(fallback(limit(script, max_concurrent=1)), lease)
    clock, heard = TestScheduler(), list[str]()

    def ask() -> None:
        model.ask(clip_at(0.0), "?").subscribe(lambda piece: heard.append(piece.text), scheduler=clock)

    ask()
    clock.advance_to(3.0)
    assert not script.asked
    lease.renew(100.0)
    clock.advance_to(4.0)
    assert len(script.asked) == 1
    now = 106.0
    ask()
    clock.advance_to(20.0)
    assert len(script.asked) == 1


def test_what_a_shard_is_told_shows_no_password() -> None:
    """Whatever prints a task, or a call of a shard with one, prints neither an address nor the options of a model."""
    model = recipe("rxvlm.models:openai_compatible", base_url="http://u:hush@gpu/v1", model="m", api_key="hush")
    task = Task("yard", "rtsp://user:hush@10.0.0.7/main", model, {})
    assert "hush" not in repr(task)
    assert repr(Shard(3, None)) == "rxvlm-shard-3"


def test_a_shard_says_what_is_wrong_with_a_camera(tmp_path: Path) -> None:
    """The end of a camera that cannot be opened comes with its error, and the others are watched."""
    shard = Shard(0, None)
    shard.watch([Task("gone", tmp_path / "gone.mp4", None, {}), Task("wrong", "demo:yard", None, {"every": -1.0})])
    ended: dict[str, Exception | None] = {}
    for _, batch in shard.results(0):
        ended |= {one.camera: one.error for one in unpacked(batch) if isinstance(one, Over)}
        if len(ended) == 2:
            shard.close()
    assert isinstance(ended["gone"], errors.SourceNotFoundError)
    assert isinstance(ended["wrong"], ValueError)


def test_a_camera_whose_asking_is_paused_here_is_paused_there() -> None:
    """What a ledger where the stream is subscribed to says of a pause is told to the shard."""
    shard = Shard(0, None)
    shard.watch([Task("cam", "demo:yard", None, {"every": 0.5})])
    try:
        shard.pause(["cam"])
        wait_until(lambda: shard.beat(None, 0).reports[0].tally.paused)
        shard.resume(["cam"])
        wait_until(lambda: not shard.beat(None, 0).reports[0].tally.paused)
    finally:
        shard.close()
