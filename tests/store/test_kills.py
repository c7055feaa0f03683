from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WATCHDOG
from storing import answer

from rxvlm import Store

KILLS = 100
WRITERS = Path(__file__).parent.parent / "store_writers.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stores whose writers were killed a hundred times in all."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, WRITERS, str(folder), str(KILLS)], check=True, timeout=WATCHDOG)
    return folder


def stores(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.db"))
    assert found
    return found


def test_every_acknowledged_answer_is_there_once(folder: Path) -> None:
    """What `write` had returned from is there, and nothing is there twice."""
    total = 0
    for path in stores(folder):
        told = json.loads(path.with_suffix(".json").read_text())
        with Store(path) as store:
            found = [one.text for one in store.search(limit=1_000_000)]
        assert len(found) == len(set(found))
        assert set(told) <= set(found)
        total += len(told)
    assert total >= KILLS


def test_rows_and_clips_belong_together(folder: Path) -> None:
    """No clip is without its row, no row promises a clip that is not there, and the file is whole."""
    for path in stores(folder):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        orphans = "SELECT count(*) FROM clips WHERE id NOT IN (SELECT clip FROM answers WHERE clip IS NOT NULL)"
        promised = "SELECT count(*) FROM answers WHERE clip IS NULL OR clip NOT IN (SELECT id FROM clips)"
        assert [connection.execute(query).fetchone()[0] for query in (orphans, promised)] == [0, 0]
        connection.close()


def test_events_left_open_are_interrupted_by_the_next_writer(folder: Path) -> None:
    """Reading leaves them as they are; the next `write` closes those of dead runs."""
    for path in stores(folder):
        with Store(path) as store:
            running = [one for one in store.search(events=True, limit=1000) if one.record["phase"] != "end"]
            assert running
            store.write(answer(0, "the next morning"))
            phases = {(one.record["phase"], one.record["reason"]) for one in store.search(events=True, limit=1000)}
        assert phases == {("end", "interrupted")}
