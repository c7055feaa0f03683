"""`--save` and `--log`: a disk that is full, read-only or gone ends no watching, and what was not written is said."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from cli_here import Done, rxvlm_here
from conftest import WATCHDOG

from rxvlm import Store

FILM = "demo:yard?seconds=6&fps=5&width=160&height=120"


def watch(*args: str | Path) -> Done:
    return rxvlm_here("watch", *args)


def watch_apart(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """Watch in a process of its own, whose stderr has the lines of the log, too."""
    command = [sys.executable, "-m", "rxvlm", "watch", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False)


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Path]:
    """A real tmpfs of 16 KB, or of another size; skipped where the tests may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = getattr(request, "param", "16k")
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], check=False).returncode
    ):
        pytest.skip("this needs the right to mount a tmpfs")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_the_json_line_names_the_file(tmp_path: Path) -> None:
    """And beside the file is its JSON, with the same name in it."""
    done = watch(FILM, "--every", "2", "--save", tmp_path / "clips", "--json")
    assert done.returncode == 0, done.stderr
    files = [Path(json.loads(line)["file"]) for line in done.stdout.splitlines()]
    assert [path.name for path in files] == ["00-00-00.mp4", "00-00-02.mp4", "00-00-04.mp4"]
    assert sorted(files) == sorted((tmp_path / "clips").rglob("*.mp4"))
    assert [json.loads(path.with_suffix(".json").read_text())["file"] for path in files] == [*map(str, files)]


def test_a_second_run_writes_over_nothing(tmp_path: Path) -> None:
    """The evidence of the first run stays."""
    for _ in range(2):
        assert watch(FILM, "--every", "3", "--save", tmp_path).returncode == 0
    assert len(list(tmp_path.rglob("*.mp4"))) == 4


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_bad_disk_ends_no_watching(small_disk: Path, fault: str) -> None:
    """Every window is answered; what was not saved is counted and said, with path and option; no part is left."""
    if fault == "full":
        (small_disk / "filler").write_bytes(b"x" * 12_288)
    else:
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = watch(FILM, "--every", "1", "--save", small_disk, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [record["start"] for record in records] == [float(at) for at in range(6)]
    lost = sum(record["file"] is None for record in records)
    assert lost > 0
    reason = {"full": "No space left on device", "read-only": "Read-only file system"}[fault]
    said = [line for line in done.stderr.splitlines() if line.startswith("rxvlm: ")]
    assert re.fullmatch(
        rf"rxvlm: --save {small_disk}: 1 clip was not written: {reason} \(.+\)\. Watching goes on", said[0]
    )
    assert said[1:] == ([f"rxvlm: --save {small_disk}: {lost} clips were not written in all"] if lost > 1 else [])
    assert list(small_disk.rglob("*.part")) == []


@pytest.mark.parametrize("small_disk", ["256k"], indirect=True)
def test_a_store_on_a_full_disk_ends_no_watching(small_disk: Path) -> None:
    """Every window is answered; what is not stored is counted and said, and the store has the rest."""
    (small_disk / "filler").write_bytes(b"x" * 40_000)
    file = small_disk / "watch.db"
    done = watch_apart("demo:yard?seconds=20&fps=5&width=320&height=240", "--every", "1", "--store", file)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 20
    found = re.search(rf"rxvlm: --store {file}: (\d+) of 20 were not taken", done.stderr)
    assert found, done.stderr
    assert "the disk is full" in done.stderr
    with Store(file) as store:
        assert len(store.search()) + int(found[1]) == 20


@pytest.mark.parametrize("option", ["--save", "--log"])
def test_a_path_that_can_never_work_is_one_line_at_once(tmp_path: Path, option: str) -> None:
    """A file where a folder is wanted, and the other way round."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" if option == "--save" else tmp_path
    done = watch("demo:yard", option, path)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"rxvlm: {option} {path}: ")


def test_a_log_has_answers_and_states_beside_what_is_printed(tmp_path: Path) -> None:
    """Lines of JSON, added to what is there, for the user alone."""
    log = tmp_path / "log.jsonl"
    for _ in range(2):
        done = watch(FILM, "--every", "3", "--log", log)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 2
    records = [json.loads(line) for line in log.read_text().splitlines()]
    kinds = Counter(record.get("state", record["type"]) for record in records)
    assert kinds == {"playing": 2, "analysis": 4, "ended": 2}
    assert all(re.search(r"T\d\d:\d\d:\d\d.*[+-]\d\d:\d\d$", record["at"]) for record in records if "state" in record)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_full_disk_leaves_only_whole_lines_in_the_log(small_disk: Path) -> None:
    """What does not fit is counted, and said."""
    (small_disk / "filler").write_bytes(b"x" * 12_288)
    done = watch(FILM, "--every", "0.2", "--log", small_disk / "log", "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 30
    kept = [json.loads(line) for line in (small_disk / "log").read_text().splitlines()]
    assert 0 < len(kept) < 32
    assert f"--log {small_disk / 'log'}: {32 - len(kept)} lines were not written in all" in done.stderr


def test_cameras_have_the_names_they_are_given() -> None:
    """``name=address``; a name that two cameras are given is an error."""
    done = watch(f"back yard={FILM}", FILM, "--every", "6", "--json")
    assert {json.loads(line)["camera"] for line in done.stdout.splitlines()} == {"back yard", "yard"}
    twice = watch(f"a={FILM}", f"a={FILM}")
    assert twice.returncode == 2
    assert twice.stderr == "rxvlm: 'a' is the name of 2 cameras; give each its own\n"


def test_lines_and_json_of_a_camera_carry_wall_time() -> None:
    """With offset; a film has none."""
    command = [sys.executable, "-m", "rxvlm", "watch", "demo:yard", "--every", "0.5"]
    for more in ([], ["--json"]):
        with subprocess.Popen(
            [*command, *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            process.terminate()
            process.communicate(timeout=WATCHDOG)
        at = json.loads(line)["at"] if more else line.split()[1]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?[+-]\d\d:\d\d", at)


def test_stdout_on_a_full_disk_ends_with_a_whole_line(small_disk: Path) -> None:
    """It is said once, in one line, and the exit code is 1."""
    path = small_disk / "lines"
    (small_disk / "filler").write_bytes(b"x" * 12_288)
    with path.open("w") as stdout:
        command = [sys.executable, "-m", "rxvlm", "watch", FILM, "--every", "0.2", "--json"]
        done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=WATCHDOG, check=False)
    assert done.returncode == 1
    assert path.read_text().endswith("}\n")
    assert all(json.loads(line)["type"] == "analysis" for line in path.read_text().splitlines())
    assert done.stderr.count("rxvlm: stdout cannot be written: No space left on device") == 1
    assert "Traceback" not in done.stderr


def test_a_stdout_that_takes_nothing_is_one_line() -> None:
    """/dev/full: exit code 1, and no traceback."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "rxvlm", "watch", FILM, "--every", "2"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=WATCHDOG, check=False)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("rxvlm: ")] == [
        "rxvlm: stdout cannot be written: No space left on device; the last line there is whole"
    ]
    assert "Traceback" not in done.stderr


def test_a_log_that_hangs_holds_up_no_camera(tmp_path: Path) -> None:
    """Answers go on while the log takes nothing; its lines are waited for at the end, until a second Ctrl-C."""
    log = tmp_path / "log"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)  # a few lines fill it
    command = [
        sys.executable,
        "-m",
        "rxvlm",
        "watch",
        "demo:yard?fps=10",
        "--every",
        "0.2",
        "--json",
        "--log",
        str(log),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert len([running.stdout.readline() for _ in range(12)]) == 12
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read  # until it ends
        threading.Timer(3.0, lambda: running.send_signal(signal.SIGINT)).start()
        rest()
        assert running.wait(WATCHDOG) == 130
    os.close(reader)


def test_a_reader_that_has_gone_ends_the_run_and_the_log_is_whole(tmp_path: Path) -> None:
    """Exit code 141, and what was answered by then stands in the log, with the files that were saved."""
    log, save = tmp_path / "log.jsonl", tmp_path / "clips"
    command = [sys.executable, "-m", "rxvlm", "watch", FILM, "--every", "1", "--json"]
    with subprocess.Popen([*command, "--log", str(log), "--save", str(save)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        first = json.loads(running.stdout.readline())
        running.stdout.close()
        assert running.wait(WATCHDOG) == 141
    records = [json.loads(line) for line in log.read_text().splitlines()]
    answers = [record for record in records if record["type"] == "analysis"]
    assert answers[0]["file"] == first["file"]
    assert all(Path(answer["file"]).exists() for answer in answers)
    assert len(list(save.rglob("*.mp4"))) == len(answers)
