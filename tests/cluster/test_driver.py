"""The driver, over processes of this process that die, fall silent and come back when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import wait_until
from driven import Driven
from processes_here import Here

from rxvlm import Ledger, SourceNotFoundError
from rxvlm.cluster.deciding.placement import Node
from rxvlm.cluster.recipe import recipe
from rxvlm.cluster.task import Task
from rxvlm.watching.failed_cameras import failed_cameras

CLIP = Path(__file__).parents[2] / "notebooks" / "clips" / "cars.mp4"
STARTS = [float(second) for second in range(31)]

Drive = Callable[..., Driven]


@pytest.fixture
def drive() -> Iterator[Drive]:
    """Begin to watch; what is still running at the end is disposed of."""
    begun: list[Driven] = []

    def begin(*args: Any, **options: Any) -> Driven:
        begun.append(Driven(*args, **options))
        return begun[-1]

    yield begin
    for one in begun:
        one.driver.dispose()
        for process in one.engine.started:
            process.die()


def test_two_films_in_two_processes(drive: Drive) -> None:
    """Each window of each film is given once, in order, and the ledgers here say what the shards counted."""
    driven = drive({"a": CLIP, "b": CLIP}, Here(), most=1, every=1.0)
    driven.until_end()
    assert len(driven.engine.started) == 2
    assert driven.starts("a") == driven.starts("b") == STARTS
    assert [ledger.snapshot().analysed for ledger in driven.ledgers.values()] == [377, 377]
    assert {ledger.snapshot().state for ledger in driven.ledgers.values()} == {"ended"}
    driven.check_sums()


def test_a_process_that_dies_gives_its_film_to_another(drive: Drive) -> None:
    """After a kill -9 the film goes on behind the last window that was given; none comes twice, none is missing."""
    driven = drive({"a": CLIP}, Here(), every=1.0, pace=10.0)
    wait_until(lambda: len(driven.analyses) >= 3)
    driven.engine.started[0].die()
    driven.until_end()
    assert driven.starts("a") == STARTS
    assert ("a", "waiting", "its process died; moved") in driven.states
    assert len(driven.engine.started) == 2
    driven.check_sums()


def test_a_camera_goes_on_by_the_wall_clock(drive: Drive) -> None:
    """A live camera that moves has the next epoch, its time never goes back, and no window of its comes twice."""
    driven = drive({"cam": "demo:yard"}, Here(), every=0.5)
    wait_until(lambda: len(driven.analyses) >= 3)
    driven.engine.started[0].die()
    moved_at = len(driven.analyses)
    wait_until(lambda: len(driven.analyses) >= moved_at + 3)
    driven.driver.stop()
    driven.until_end()
    clips = [one.clip for one in driven.analyses]
    slots = [clip.span.slot or 0 for clip in clips]
    assert slots == sorted(set(slots))
    assert [clip.start for clip in clips] == sorted({clip.start for clip in clips})
    assert {clip.epoch for clip in clips} == {0, 1}
    assert all(
        abs((clip.captured or 0) - clip.end - ((clips[0].captured or 0) - clips[0].end)) < 1.0 for clip in clips[:-1]
    )
    assert driven.ledgers["cam"].snapshot().dropped.get("died", 0) >= 0
    driven.check_sums()


def test_what_an_old_owner_still_sends_is_fenced(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was silent, and wakes after its film went to another, has its answers refused and counted."""
    monkeypatch.setattr("rxvlm.cluster.driving.member.SILENT_SECONDS", 1.5)
    driven = drive({"a": CLIP}, Here(), every=1.0, pace=4.0)
    wait_until(lambda: len(driven.analyses) >= 3)
    old = driven.engine.started[0]
    old.thawed.clear()
    wait_until(lambda: len(driven.engine.started) >= 2)
    old.thawed.set()
    driven.until_end()
    assert driven.starts("a") == STARTS
    assert ("a", "waiting", "its process does not answer; moved") in driven.states
    # Its answers come before it is ended, or do not: test_deciding.py has both orders, one by one.
    dropped = driven.ledgers["a"].snapshot().dropped
    assert dropped
    assert dropped.keys() <= {"fenced", "died"}
    driven.check_sums()


def test_a_process_that_cannot_be_reached_for_a_moment_is_kept(drive: Drive) -> None:
    """Calls that cannot reach a process are tried again: no camera moves."""
    driven = drive({"a": CLIP}, Here(), every=1.0, pace=8.0)
    wait_until(lambda: len(driven.analyses) >= 2)
    driven.engine.started[0].cut_off = True
    wait_until(lambda: len(driven.analyses) >= 16)
    driven.engine.started[0].cut_off = False
    driven.until_end()
    assert len(driven.engine.started) == 1
    assert driven.starts("a") == STARTS


def test_a_machine_that_is_emptied_gives_its_camera_away_at_an_edge(drive: Drive) -> None:
    """A node that drains gives its film away at the edge of a window: nothing is lost, and its process ends."""
    engine = Here([Node("one", 2)])
    driven = drive({"a": CLIP}, engine, every=1.0, pace=3.0)
    wait_until(lambda: len(driven.analyses) >= 3)
    engine.machines = [Node("one", 2, usable=False, draining=True), Node("two", 2)]
    driven.until_end()
    assert driven.starts("a") == STARTS
    assert [process.node.node_id for process in engine.started if process.node] == ["one", "two"]
    assert engine.started[0].dead.is_set()
    tally = driven.ledgers["a"].snapshot()
    assert tally.analysed == 377
    assert not tally.dropped
    driven.check_sums()


def test_cameras_come_and_go(drive: Drive) -> None:
    """A camera that is not listed any more ends at once; a new one begins, and the others go on."""
    driven = drive({"a": CLIP, "cam": "demo:yard"}, Here(), every=0.5, pace=1.0)
    wait_until(lambda: bool(driven.of("a")) and bool(driven.of("cam")))
    ledger = driven.ledgers["new"] = Ledger("new")
    new = Task("new", "demo:gate", recipe("opencv"), {"every": 0.5})
    driven.driver.change({"a": driven.wanted["a"], "new": (new, ledger)})
    wait_until(lambda: bool(driven.of("new")))
    assert driven.ledgers["cam"].snapshot().state == "ended"
    assert driven.ledgers["a"].snapshot().state == "playing"
    count = len(driven.of("cam"))
    before = len(driven.of("new"))
    wait_until(lambda: len(driven.of("new")) > before)
    assert len(driven.of("cam")) == count
    driven.check_sums()


def test_a_film_that_is_not_there_fails_alone(drive: Drive, tmp_path: Path) -> None:
    """The error of one camera comes when all have ended, and says that the answers of the other are there."""
    driven = drive({"a": CLIP, "gone": tmp_path / "gone.mp4"}, Here(), every=1.0)
    driven.until_end()
    assert isinstance(driven.error, SourceNotFoundError)
    assert failed_cameras(driven.error) == {"gone": driven.error}
    assert driven.starts("a") == STARTS
    assert driven.ledgers["gone"].snapshot().state == "failed"


def test_a_model_that_cannot_be_made_is_the_error_of_its_camera(drive: Drive) -> None:
    """A recipe whose function is not there ends its camera with an error."""
    driven = drive({}, Here())
    task = Task("a", CLIP, recipe("rxvlm.models:no_such_model"), {})
    driven.driver.change({"a": (task, Ledger("a"))})
    driven.driver.no_more()
    driven.until_end()
    assert isinstance(driven.error, ImportError)
    assert failed_cameras(driven.error) is None  # there is no other camera


def test_an_error_about_all_cameras_stays(drive: Drive) -> None:
    """The error of what lists the cameras ends the stream, also if the end of the list comes after it."""
    driven = drive({}, Here())
    error = ValueError("there is no camera to watch")
    driven.driver.no_more(error)
    driven.driver.no_more()
    driven.until_end()
    assert driven.error is error


def test_disposing_ends_the_processes(drive: Drive) -> None:
    """After a disposal nothing more is delivered, and every process has ended."""
    driven = drive({"cam": "demo:yard"}, Here(), every=0.5)
    wait_until(lambda: bool(driven.analyses))
    driven.driver.dispose()
    wait_until(lambda: all(process.dead.is_set() for process in driven.engine.started))
    wait_until(lambda: driven.ledgers["cam"].snapshot().state == "ended")
    assert not driven.ended
    driven.check_sums()
