from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from tempfile import gettempdir

import pytest
import reactivex
from conftest import WATCHDOG
from storing import answer, event

from rxvlm import Store, collect
from rxvlm import operators as rxo
from rxvlm.errors import StoreError, StoreNotFoundError
from rxvlm.store.schema import VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with 300 answers."""
    path = tmp_path / "watch.db"
    with Store(path) as store:
        for at in range(300):
            store.write(answer(at, f"answer {at}"))
    return path


def fails(path: Path, says: str) -> None:
    """Check that reading and writing fail with these words and the path, and that the file stays as it is."""
    before = path.read_bytes() if path.is_file() else b""
    for use in (lambda: Store(path).search(), lambda: Store(path).write(answer(0))):
        with pytest.raises(StoreError, match=says) as caught:
            use()
        assert str(path) in str(caught.value)
    assert not path.is_file() or path.read_bytes() == before


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """It is named, and left alone."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0 ftypisom" * 1000)
    fails(path, "is not a database")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """It is named, and left alone."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()
    fails(path, "another program")


def test_a_newer_version(path: Path) -> None:
    """Both versions are named."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 7}")
    connection.close()
    fails(path, f"newer rxvlm.*{VERSION + 7}.*{VERSION}")


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_a_file_that_was_cut(path: Path, share: float) -> None:
    """It says how much is there."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    fails(path, "cut off")


def test_a_file_that_is_damaged(path: Path) -> None:
    """What is broken inside is an error when it is read, and no wrong answer."""
    data = bytearray(path.read_bytes())
    for at in range(4096 * 4, len(data), 4096):
        data[at : at + 200] = os.urandom(200)
    path.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged"):
        Store(path).search(limit=1000)


def test_a_folder_or_no_folder(tmp_path: Path) -> None:
    """A folder is no store, and none is made for one."""
    fails(tmp_path, "is a folder")
    missing = tmp_path / "missing" / "watch.db"
    with pytest.raises(StoreError, match="there is no folder"):
        Store(missing).write(answer(0))
    assert not missing.parent.exists()


def test_an_empty_file_is_a_new_store(tmp_path: Path) -> None:
    """A file that was only touched holds nothing yet."""
    path = tmp_path / "watch.db"
    path.touch()
    with pytest.raises(StoreNotFoundError, match="empty"):
        Store(path).search()
    with Store(path) as store:
        store.write(answer(0, "a"))
        assert len(store.search()) == 1


def test_a_store_that_is_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds SQLite's own lock is told of; reading goes on."""
    monkeypatch.setattr("rxvlm.store.opening._BUSY_SECONDS", 0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program"):
        Store(path).write(answer(0))
    assert len(Store(path).search()) == 50
    other.close()


def test_a_store_that_is_read_only(path: Path) -> None:
    """It can be searched, and writing to it is an error; as a user whom no right of root lets through."""
    code = (
        "import os, sys; from rxvlm import Store; from storing import answer; store = Store(sys.argv[1])\n"
        "os.geteuid() or (os.setgroups([]), os.setegid(65534), os.seteuid(65534))\n"
        "print(len(store.search('answer')))\n"
        "try: store.write(answer(0))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    path.chmod(0o444)
    path.parent.chmod(0o555)
    for folder in path.parent.parents:
        if folder == Path(gettempdir()):
            break
        folder.chmod(0o711)  # so that another user reaches it
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WATCHDOG, env=here)
    path.parent.chmod(0o755)
    assert done.stdout.splitlines()[0] == "50", done.stderr
    assert "StoreError" in done.stdout
    assert "watch.db" in done.stdout


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A real tmpfs of 1 MB; skipped where the tests may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False).returncode:
        pytest.skip("this needs the right to mount a tmpfs")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    """What is lost is counted and said; what was written stays; when there is room again, writing goes on."""
    filler = small_disk / "filler"
    with Store(small_disk / "watch.db", sync="each") as store:
        store.write(answer(0, "before"))
        filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 40_960))
        step = rxo.to(store.write, on_error=lambda _item, error: said.append(str(error)))
        said: list[str] = []
        big = [answer(at, "during", data=(os.urandom(200_000), b"")) for at in range(1, 4)]
        assert len(collect(reactivex.from_iterable(big).pipe(step))) == 3
        assert (step.sent, step.failed, store.lost) == (0, 3, 3)
        assert all("disk" in one for one in said)
        filler.unlink()
        store.write(answer(9, "after"))
        assert [one.text for one in store.search()] == ["after", "before"]


def test_a_batch_that_cannot_be_written_is_counted(path: Path) -> None:
    """What `write` returned from and could not be committed is lost, and counted with what it raised for."""
    store = Store(path)
    store.begin()
    connection = store._writer._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    step = rxo.to(store.write, overflow="block", on_error=lambda _item, error: said.append(str(error)))
    said: list[str] = []
    more = [answer(at, "more", data=(os.urandom(5000), b"")) for at in range(300, 400)]
    collect(reactivex.from_iterable(more).pipe(step))
    assert said
    assert all("the disk is full" in one for one in said)
    assert len(Store(path).search("more", limit=1000)) + store.lost == 100


def test_a_burst_of_ten_thousand_events(tmp_path: Path) -> None:
    """All of them are there, each once."""
    with Store(tmp_path / "watch.db") as store:
        about = answer(0, "a crowd")
        step = rxo.to(store.write, overflow="block")
        events = [event(about, id=f"event {at}") for at in range(10_000)]
        collect(reactivex.from_iterable(events).pipe(step))
        assert (step.sent, step.failed, step.lost, store.lost) == (10_000, 0, 0, 0)
        assert len({one.id for one in store.search(events=True, limit=20_000)}) == 10_000
