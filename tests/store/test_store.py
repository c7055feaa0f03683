from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import reactivex
from conftest import WATCHDOG
from storing import NOW, answer, event, rows

from rxvlm import Store, collect
from rxvlm import operators as rxo
from rxvlm.errors import ClipGoneError, NotStoredError, StoreHeldError, StoreNotFoundError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watch.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened


def texts(store: Store, text: str = "", **options: object) -> list[str]:
    return [found.text for found in store.search(text, **options)]  # pyright: ignore[reportArgumentType] - any option


def test_what_was_written_is_found_the_newest_first(store: Store) -> None:
    """What is written is found at once, by the store that wrote it."""
    for at in range(3):
        store.write(answer(at, f"answer {at}"))
    assert texts(store) == ["answer 2", "answer 1", "answer 0"]
    assert texts(store, limit=1) == ["answer 2"]


def test_an_answer_comes_back_as_it_was(store: Store) -> None:
    """The JSON form and the very bytes of the clip come back."""
    written = answer(1, "a dog", value={"dogs": 1}, marks=frozenset({"audit"}))
    store.write(written)
    (found,) = store.search("dog")
    assert found.analysis().to_dict() == written.to_dict()
    assert found.clip().data == written.clip.data
    assert found.to_dict() == {**written.to_dict(), "id": found.id}
    assert store.get(found.id).record == found.record


def test_written_twice_is_there_once(store: Store) -> None:
    """An answer is known by its run, camera, epoch, times, prompt and model."""
    written = answer(1, "a dog")
    for one in (written, written, replace(written, text="other words")):
        store.write(one)
    assert texts(store) == ["a dog"]
    store.write(replace(written, prompt="And now?"))
    store.write(replace(written, model="n"))
    assert len(store.search()) == 3


def test_two_windows_of_one_span_are_two_answers(store: Store) -> None:
    """With `patience` two windows share a span; their first frames tell them apart."""
    first = answer(1, "one")
    later = replace(first, text="two", clip=replace(first.clip, times=(17.0, 18.0)))
    store.write(first)
    store.write(later)
    assert sorted(texts(store)) == ["one", "two"]


def test_tonight_is_not_last_night(path: Path) -> None:
    """Each start is a run of its own, so that the same window of a film can be answered about again."""
    film = answer(0, "a car", captured=None)
    for _ in range(2):
        with Store(path) as store:
            store.write(film)
    assert texts(Store(path)) == ["a car", "a car"]


def test_a_sink_of_a_stream(store: Store) -> None:
    """`to` writes each item, and at the end another store may write."""
    step = rxo.to(store.write)
    collect(reactivex.of(answer(0, "a"), event(answer(1, "b"))).pipe(step))
    assert (step.sent, step.failed) == (2, 0)
    with Store(store.path) as other:
        other.write(answer(2, "c"))
    assert texts(store) == ["c", "b", "a"]
    assert [found.record["name"] for found in store.search(events=True)] == ["intruder"]


def test_only_analyses_and_events_are_taken(store: Store) -> None:
    """Anything else is a TypeError, at once."""
    with pytest.raises(TypeError, match="analyses and events"):
        store.write("a dog")  # pyright: ignore[reportArgumentType] - on purpose
    assert not store.path.exists()


def test_each_write_is_seen_by_another_process(path: Path) -> None:
    """With `sync="each"` what was written is committed before `write` returns."""
    with Store(path, sync="each") as store:
        store.write(answer(0, "a"))
        assert rows(path, "SELECT count(*) FROM answers") == [(1,)]


def test_files_are_of_this_user_alone(path: Path) -> None:
    """The file and SQLite's own beside it have mode 0600."""
    with Store(path, sync="each") as store:
        store.write(answer(0, "a"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert {"watch.db", "watch.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_the_second_writer_is_told_who_holds_it(store: Store) -> None:
    """One writes at a time; the error has the process and the time."""
    store.write(answer(0, "a"))
    other = Store(store.path)
    with pytest.raises(StoreHeldError, match="since") as caught:
        other.write(answer(1, "b"))
    assert caught.value.pid == os.getpid()
    assert abs(caught.value.since - NOW) < 3600
    store.close()
    other.write(answer(1, "b"))
    assert texts(other) == ["b", "a"]
    other.close()


def test_reading_changes_nothing(path: Path) -> None:
    """A reader leaves the file as it was, and nothing beside it."""
    with Store(path) as store:
        store.write(answer(0, "a"))
    before = path.read_bytes(), sorted(path.parent.iterdir())
    with Store(path) as reader:
        assert texts(reader) == ["a"]
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


def test_there_is_no_store(path: Path) -> None:
    """Reading where nothing is raises an error that names the path, and makes no file."""
    with pytest.raises(StoreNotFoundError, match=str(path)):
        Store(path).search()
    assert not path.exists()


def test_an_id_that_is_not_there(store: Store) -> None:
    """An unknown id is an error that names it; the beginning of an event's id is enough."""
    store.write(event(answer(0, "a"), id="abc1"))
    store.write(event(answer(1, "b"), id="abd2"))
    assert store.get("abc").id == "abc1"
    for wrong in ("99", "", "x", "ab"):
        with pytest.raises(NotStoredError, match=repr(wrong)):
            store.get(wrong)


@pytest.mark.parametrize(
    ("clips", "kept"), [("all", [True, True]), ("events", [True, False]), ("none", [False, False])]
)
def test_which_clips_are_kept(path: Path, clips: str, kept: list[bool]) -> None:
    """All of them, those of events, or none; an answer without its clip says so."""
    with Store(path, clips=clips) as store:  # pyright: ignore[reportArgumentType] - one of the three
        store.write(answer(0, "a"))
        store.write(answer(1, "b"))
        store.write(event(answer(1, "b")))
        found = store.search()
        assert [one.kept for one in found] == kept
        assert [one.clip().kept for one in found] == kept
        if not all(kept):
            with pytest.raises(ClipGoneError):
                _ = found[1].clip().contents


def test_several_questions_share_a_clip(store: Store) -> None:
    """A clip is there once, however often it was asked about."""
    store.write(answer(0, "a"))
    store.write(replace(answer(0, "b"), prompt="And now?"))
    assert [found.clip().data for found in store.search()] == [answer(0).clip.data] * 2
    assert rows(store.path, "SELECT count(*) FROM clips") == [(1,)]


def test_what_was_written_last_is_there_without_a_close(path: Path) -> None:
    """A program that ends without closing its store loses nothing."""
    code = (
        "import sys; from rxvlm import Store; from storing import answer; Store(sys.argv[1]).write(answer(0, 'last'))"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    subprocess.run([sys.executable, "-c", code, path], check=True, timeout=WATCHDOG, env=here)
    assert texts(Store(path)) == ["last"]


def test_a_row_that_cannot_be_made_harms_no_other(store: Store) -> None:
    """The error is raised for that item, which is counted; nothing else is lost of the batch."""
    store.write(answer(0, "a"))
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="Circular"):
        store.write(answer(1, "b", value=endless))
    store.write(answer(2, "c"))
    assert texts(store) == ["c", "a"]
    assert store.lost == 1


@pytest.mark.parametrize("name", ["a b?mode=ro#1%41.db", "昨夜 🔥.db", "-x"])
def test_a_path_may_have_any_letters(tmp_path: Path, name: str) -> None:
    """Letters that mean something in SQLite's addresses mean nothing here."""
    with Store(tmp_path / name) as store:
        store.write(answer(0, "a"))
        assert texts(store) == ["a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"{name}-lock"])
