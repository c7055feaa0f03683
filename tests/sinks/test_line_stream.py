"""Whole lines in a stream that is open."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from conftest import WATCHDOG

from rxvlm.sinks.line_stream import write_line


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A real tmpfs of 16 KB; skipped where the tests may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], check=False).returncode:
        pytest.skip("this needs the right to mount a tmpfs")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("added", [True, False])
def test_of_a_line_that_does_not_fit_nothing_stays(small_disk: Path, *, added: bool) -> None:
    """Neither where the file is written from its start, nor where lines are added to it; a shorter one fits then."""
    path = small_disk / "lines"
    path.write_text("before\n" if added else "")
    with path.open("a" if added else "w", encoding="utf-8") as stream:
        stream.write("buffered\n")
        write_line(stream, "x" * 9000 + "\n")
        with pytest.raises(OSError, match=r"No space left on device: '.*lines'"):
            write_line(stream, "y" * 9000 + "\n")
        write_line(stream, "short\n")
    lines = path.read_text().splitlines()
    assert lines == [*(["before"] if added else []), "buffered", "x" * 9000, "short"]


def test_what_changes_its_text_keeps_doing_so(tmp_path: Path) -> None:
    """A stream that packs what it gets is written as any stream."""
    path = tmp_path / "lines.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        assert isinstance(stream, io.TextIOWrapper)
        write_line(stream, "one\n")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        assert stream.read() == "one\n"
    paper = io.StringIO()
    write_line(paper, "two\n")
    assert paper.getvalue() == "two\n"


def test_a_reader_that_is_slow_gets_all_of_a_long_line() -> None:
    """A pipe takes a part at a time."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader, os.fdopen(writing, "w", encoding="utf-8") as stream:
        thread = threading.Thread(target=write_line, args=(stream, "z" * 1_000_000 + "\n"), daemon=True)
        thread.start()
        assert reader.readline() == "z" * 1_000_000 + "\n"
        thread.join(WATCHDOG)


def test_a_full_device_is_an_error_of_stdout() -> None:
    """Named as Python names it."""
    program = "import sys; from rxvlm.sinks.line_stream import write_line; write_line(sys.stdout, 'a\\n')"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "No space left on device: '<stdout>'" in done.stderr
