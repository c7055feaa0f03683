from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from storing import NOW, answer, event

from rxvlm import Store

DAY = 86_400.0


def old(at: int, days: float, **more: Any) -> Any:
    """Return an answer about what was filmed some days ago."""
    return answer(at, f"{at}", captured=NOW - days * DAY, **more)


def texts(store: Store) -> list[str]:
    return sorted(one.text for one in store.search(limit=100_000))


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    """With its clip, and with events that ended before."""
    with Store(tmp_path / "watch.db") as store:
        store.write(event(old(1, 29), id="ended"))
        store.write(event(old(1, 29), "end", id="ended", reason="cleared"))
        store.write(old(2, 27))
    with Store(tmp_path / "watch.db", keep_days=28) as store:
        assert len(store.search(events=True)) == 1, "reading forgets nothing"
        store.write(old(3, 29))
        assert texts(store) == ["2"]
        assert store.search(events=True) == []


def test_a_running_event_keeps_its_answers(tmp_path: Path) -> None:
    """It runs at most a day after its newest answer."""
    with Store(tmp_path / "watch.db", keep_days=2) as store:
        first, newest = old(1, 3), old(2, 0.5)
        store.write(event(first, id="runs"))
        store.write(event(newest, "update", id="runs", count=2))
        store.write(event(old(3, 3), id="forgotten"))
        assert texts(store) == ["1", "2"]
        assert [one.id for one in store.search(events=True)] == ["runs"]
        store.write(event(newest, "end", id="runs", count=2, reason="cleared"))
        assert texts(store) == ["2"]


def test_a_clock_that_was_not_set_makes_nothing_old(tmp_path: Path) -> None:
    """Answers of 1970 count from when they were written."""
    with Store(tmp_path / "watch.db", keep_days=1) as store:
        store.write(answer(0, "0", captured=1000.0))
        store.write(answer(1, "1", captured=None, asked=0.0, answered=1.0))
        assert texts(store) == ["0", "1"]


def test_the_file_stays_within_its_bytes(tmp_path: Path) -> None:
    """The oldest are forgotten first, answers of a running event last."""
    path, most = tmp_path / "watch.db", 3_000_000
    with Store(path, keep_bytes=most) as store:
        for at in range(60):
            one = old(at, 10 - at / 10, data=(os.urandom(100_000), b"second"))
            store.write(event(one, id="runs", captured=time.time()) if at == 3 else one)
            if at == 3:  # its newest answer is of today, so it still runs
                store.write(event(old(1000, 0), "update", id="runs", count=2))
        left = [int(text) for text in texts(store)]
        assert {3, 1000, 59} <= set(left)
        assert sorted(left)[1:] == [*range(sorted(left)[1], 60), 1000]
        assert 20 <= len(left) <= 30
    assert path.stat().st_size <= most


def test_answers_of_running_events_go_when_nothing_else_is_left(tmp_path: Path) -> None:
    """The bound holds in any case."""
    path, most = tmp_path / "watch.db", 1_000_000
    with Store(path, keep_bytes=most) as store:
        for at in range(20):
            one = old(at, 0.5, data=(os.urandom(100_000), b"second"))
            store.write(event(one, "start" if not at else "update", id="runs", count=at + 1))
        assert 0 < len(texts(store)) < 10
    assert path.stat().st_size <= most


@pytest.mark.parametrize("wrong", [{"keep_days": 0}, {"keep_bytes": -1}, {"clips": "some"}, {"sync": "never"}])
def test_bounds_are_checked_at_once(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """The error names the option."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Store(tmp_path / "watch.db", **wrong)


def test_deleting_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    """Neither words, nor prompts, nor pictures, nor rule names: not even in SQLite's own files."""
    path = tmp_path / "watch.db"
    with Store(path, sync="each") as store:
        for at in range(200):
            store.write(answer(at, f"word{at}gone seen by yard", camera="yard", data=(b"PICTURE%d" % at * 9000,) * 2))
            store.write(answer(at, f"word{at}kept seen by gate", camera="gate"))
        store.write(event(answer(3, "word3gone seen by yard"), name="rulegone"))
        assert b"word7gone" in _all_bytes(path)
        assert store.delete(camera="yard", before=answer(100).clip.captured) == 101
        assert store.delete(camera="yard") == 100
        left = _all_bytes(path)
        for gone in (b"gone", b"PICTURE", b"rulegone"):
            assert gone not in left
        assert len(store.search("gate", limit=1000)) == 200
        with pytest.raises(ValueError, match="camera or before"):
            store.delete()


def _all_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())
