from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from storing import answer, event

from rxvlm import Store, collect, models, rule, watch
from rxvlm import operators as rxo
from rxvlm.errors import MissingPartError, ModelTimeoutError


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with real clips."""
    path = tmp_path_factory.mktemp("store") / "watch.db"
    with Store(path) as store:
        answers = watch("demo:yard?seconds=12&fps=4&width=160&height=120", models.opencv(), every=2.0)
        moves = rule("moves <b>", "motion.share > 0", need=(1, 1), clear=1)
        collect(answers.pipe(rxo.with_events(moves), rxo.to(store.write)))
    return path


def test_a_store_is_a_time_line(watched: Path) -> None:
    """A bar for each event, in the row of its camera; names are escaped."""
    with Store(watched) as store:
        shown = store._repr_html_()
        count = len(store.search(events=True))
    assert count
    assert shown.count("<rect") == count
    assert "yard" in shown
    assert "moves &lt;b&gt;" in shown
    assert "moves <b>" not in shown


def test_what_is_stored_is_a_sheet_of_evidence(watched: Path) -> None:
    """Pictures, times and texts of the answers of an event."""
    with Store(watched) as store:
        found = store.search(events=True)[0]
        assert len(found.answers()) == found.record["count"]
        assert found._repr_html_().count("data:image/jpeg") >= 3 * found.record["count"]
        one = store.search()[0]
        assert one.text in one._repr_html_()
        assert one.answers() == [one]


def test_without_clips_it_shows_itself_too(tmp_path: Path) -> None:
    """An event about the system, an error, a clip that is not kept; and no store at all."""
    assert "there is no store" in Store(tmp_path / "none.db")._repr_html_()
    with Store(tmp_path / "watch.db", clips="none") as store:
        store.write(answer(0, error=ModelTimeoutError("too slow")))
        assert "no events" in store._repr_html_()
        assert "too slow" in store.search()[0]._repr_html_()
        store.write(replace(event(answer(1), id="x", reason="silent"), analysis=None))
        assert "<rect" in store._repr_html_()
        assert "running" in store.get("x")._repr_html_()


def test_a_table_of_pandas(watched: Path) -> None:
    """A row for each answer, the oldest first, with the fields of its value."""
    pytest.importorskip("pandas")
    with Store(watched) as store:
        table = store.frame()
        assert list(table["text"]) == [one.text for one in reversed(store.search())]
        assert {"id", "at", "camera", "start", "value.since", "error"} <= set(table.columns)
        assert len(store.frame(events=True)) == len(store.search(events=True))
        assert len(store.frame("no such word")) == 0


def test_without_pandas_it_says_so(watched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with Store(watched) as store, pytest.raises(MissingPartError, match="pip install pandas"):
        store.frame()
