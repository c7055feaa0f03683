"""Lines of JSON in a file of a path: rotated, private, and whole on a disk that is full."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG
from telling import answer, event

from rxvlm.sinks import write_jsonl


def texts(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_lines_are_added_to_what_is_there(tmp_path: Path) -> None:
    """The file is for this user alone, and may be moved away between two lines."""
    path = tmp_path / "all.jsonl"
    write_jsonl(path)(answer("a 狗"))
    write = write_jsonl(path)
    write(answer("a 狗"))
    assert texts(path) == ["a 狗", "a 狗"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(tmp_path / "moved")
    write(event())
    assert json.loads(path.read_text())["type"] == "event"


def test_a_full_file_is_rotated(tmp_path: Path) -> None:
    """No file is larger than was asked for; the newest is number 1; only so many stay."""
    path = tmp_path / "all.jsonl"
    write = write_jsonl(str(path), rotate_bytes=2500, keep=2)
    for number in range(20):
        write(answer(f"{number}"))
    files = [tmp_path / name for name in ("all.jsonl.2", "all.jsonl.1", "all.jsonl")]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert all(0 < file.stat().st_size <= 2500 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    kept = [text for file in files for text in texts(file)]
    assert kept == [f"{number}" for number in range(20 - len(kept), 20)]
    assert len(kept) > 4


def test_a_line_that_is_too_long_stands_alone(tmp_path: Path) -> None:
    """It is neither cut nor lost, nor is there a file without a line."""
    path = tmp_path / "all.jsonl"
    write = write_jsonl(path, rotate_bytes=1000)
    for letter in "abc":
        write(answer(letter * 5000))
    assert [texts(path.with_name(f"all.jsonl{end}")) for end in (".2", ".1", "")] == [
        [letter * 5000] for letter in "abc"
    ]


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    """Also while the file is rotated: nothing is lost."""
    path = tmp_path / "all.jsonl"
    write = write_jsonl(path, rotate_bytes=20_000, keep=100)
    threads = [
        threading.Thread(target=lambda at=at: [write(answer(f"{at}-{number}")) for number in range(50)])
        for at in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
    got = [text for file in tmp_path.iterdir() for text in texts(file)]
    assert sorted(got) == sorted(f"{at}-{number}" for at in range(4) for number in range(50))


def test_a_line_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """A file that may not grow beyond 4000 bytes has whole lines, and the error names it."""
    path = tmp_path / "all.jsonl"
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from telling import answer
from rxvlm.sinks import write_jsonl
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
write = write_jsonl({str(path)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
for number in range(20):
    try:
        write(answer(str(number)))
    except OSError as error:
        print(error.filename)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert set(said) == {str(path)}
    assert len(said) + len(texts(path)) == 20
    assert len(texts(path)) > 2


def test_what_cannot_work_is_an_error_at_once(tmp_path: Path) -> None:
    """A folder that is not there, numbers out of range, a file that has no name to give away."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_jsonl(tmp_path / "nowhere" / "all.jsonl")
    with pytest.raises(IsADirectoryError):
        write_jsonl(tmp_path)
    with pytest.raises(ValueError, match="rotate_bytes must be at least 1"):
        write_jsonl(tmp_path / "a", rotate_bytes=0)
    with pytest.raises(ValueError, match="keep must be at least 1"):
        write_jsonl(tmp_path / "a", keep=0)
    with pytest.raises(ValueError, match="rotate_bytes needs a path"):
        write_jsonl(io.StringIO(), rotate_bytes=100)
    wrong: Any = 3
    with pytest.raises(TypeError, match="a path or a text file, not"):
        write_jsonl(wrong)
