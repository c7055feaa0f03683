"""A run in another process, as a monitor sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import wait_until
from door_run import Run, answer, event

from rxvlm import Store, collect
from rxvlm.door.connection import Connection
from rxvlm.monitor.site import Site
from rxvlm.monitor.sites.attached import AttachedSite


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    one = Run(tmp_path)
    yield one
    one.close()


@pytest.fixture
def site(run: Run) -> Iterator[AttachedSite]:
    one = AttachedSite(Connection(run.path))
    wait_until(lambda: len(one.now().cameras) == 2)
    yield one
    one.close()


def test_it_is_a_site(site: AttachedSite) -> None:
    """It has all that a monitor needs."""
    seen: Site = site
    assert (seen.title, seen.store, seen.refusals) == ("watch", None, {})


def test_how_all_is(run: Run, site: AttachedSite) -> None:
    """Cameras with their counts, states and pauses, rules with their mutes: as they are in the run."""
    run.ledgers["yard"].state("live")
    wait_until(lambda: site.now().cameras[0].tally.state == "live")
    (yard, gate), (rule,) = site.now().cameras, site.now().rules
    assert (yard.tally.name, gate.tally.name, rule.name, rule.muted) == ("yard", "gate", "person", None)
    site.pause("yard")
    site.mute("person", 600.0)
    wait_until(lambda: bool(site.paused()) and bool(site.muted()))
    yard = site.now().cameras[0]
    assert (yard.tally.state, yard.tally.paused, yard.paused) == ("paused", True, run.ledgers["yard"].pausing.since)
    assert site.now().rules[0].muted == run.controls.muted()["person"]
    site.resume("yard")
    site.mute("person", 0)
    wait_until(lambda: not site.paused() and not site.muted())


def test_a_state_is_there_at_once(run: Run, site: AttachedSite) -> None:
    """A change of state does not wait for the counts."""
    run.door.tell_state("gate", "stalled", "no frames")
    wait_until(lambda: site.now().cameras[1].tally.reason == "no frames")


def test_answers_and_events(run: Run, site: AttachedSite) -> None:
    """Who follows is told of what is known, and then of each as it comes, once."""
    heard: list[Any] = []
    run.door.tell(answer("before"))
    run.door.tell(event())
    wait_until(lambda: len(site._running) == 1)  # pyright: ignore[reportPrivateUsage] - nothing else tells
    following = site.follow(heard.append)
    assert [getattr(one, "text", None) or one.phase for one in heard] == ["before", "start"]
    run.door.tell(answer("after"))
    run.door.tell(event("end"))
    wait_until(lambda: len(heard) == 4)
    following.dispose()
    run.door.tell(answer("unheard"))
    wait_until(lambda: site._newest["yard"].text == "unheard")  # pyright: ignore[reportPrivateUsage]
    assert len(heard) == 4


def test_what_cannot_be_done_is_a_value_error(site: AttachedSite) -> None:
    """A wrong name, and a question about a camera without a clip."""
    with pytest.raises(ValueError, match="there is no camera 'x'"):
        site.pause("x")
    with pytest.raises(ValueError, match="there is no clip of gate"):
        collect(site.ask("gate", "?"))
    assert [piece.text for piece in collect(site.ask("yard", "?"))] == ["a red van"]


def test_a_run_that_has_gone(run: Run, site: AttachedSite) -> None:
    """It says so, keeps what it knew, and refuses what cannot be done; when it is back, all is as it was."""
    heard: list[Any] = []
    site.follow(heard.append)
    run.door.tell(answer("before"))
    wait_until(lambda: len(heard) == 1)
    run.close()
    wait_until(lambda: site.now().lost != "")
    assert site.now().lost == "watch cannot be reached: the run has ended; it is looked for again"
    assert len(site.now().cameras) == 2
    with pytest.raises(ValueError, match="the run has gone"):
        site.pause("yard")
    again = Run(run.path.parent.parent)
    wait_until(lambda: site.now().lost == "")
    again.door.tell(heard[0])
    again.door.tell(answer("after"))
    wait_until(lambda: len(heard) == 2)
    assert [one.text for one in heard] == ["before", "after"]
    again.close()


def test_lines_of_a_newer_run_are_passed_by(site: AttachedSite, caplog: pytest.LogCaptureFixture) -> None:
    """What is not understood is logged, and harms nothing."""
    bad: list[dict[str, Any]] = [
        {"type": "weather"},
        {"type": "analysis", "version": 9},
        {"type": "now", "cameras": {"yard": {"state": "live"}}},
        {"type": "now", "cameras": 7},
        {"type": "state"},
        {},
    ]
    for line in bad:
        site._on_line(line)  # pyright: ignore[reportPrivateUsage] - as its thread does
    assert len(site.now().cameras) == 2
    assert caplog.text.count("was not understood") == 4


def test_the_store_of_the_run_is_read(run: Run, tmp_path: Path) -> None:
    """Where this process can read it, it is there; when the run takes another, that one is."""
    for name in ("one.db", "two.db"):
        with Store(tmp_path / name) as store:
            store.write(answer(name))
    run.door.follow(str(tmp_path / "one.db"), ["yard", "gate"])
    site = AttachedSite(Connection(run.path))
    assert site.store is not None
    assert site.store.search()[0].text == "one.db"
    wait_until(lambda: len(site.now().cameras) == 2)
    run.door.follow(str(tmp_path / "two.db"), ["yard", "gate"])
    wait_until(lambda: site.store is not None and site.store.path.name == "two.db")
    run.door.follow(str(tmp_path / "none.db"), ["yard", "gate"])
    wait_until(lambda: site.store is None)
    site.close()
