"""The real command line, in a process of its own; on a real terminal where a table is drawn."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cli_here import rxvlm_here
from cli_terminal import Terminal, left
from conftest import WATCHDOG

from rxvlm.text import one_line

GONE = "rtsp://127.0.0.1:1/x"
RXVLM = [sys.executable, "-m", "rxvlm"]
KEYS = [
    *("camera", "start", "end", "captured", "at", "seen", "times", "text", "value", "error"),
    *("model", "prompt", "age", "duration", "usage"),
]


def rxvlm(*args: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [*RXVLM, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False, cwd=cwd)


def test_a_file_gives_one_answer_a_window() -> None:
    """A minute at 30 frames a second is six windows, whatever becomes of the time between."""
    done = rxvlm("watch", "demo:yard?seconds=60&fps=30&width=160&height=90", "--every", "10", "--frames", "8", "--json")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(record["start"], record["end"]) for record in records] == [(at, at + 10.0) for at in range(0, 60, 10)]
    assert [record["seen"] for record in records] == [300] * 6
    for record in records:
        assert set(KEYS) <= record.keys()
        assert record["camera"] == "yard"
        assert record["times"] == pytest.approx([record["start"] + i * 1.25 for i in range(8)], abs=0.02)
        assert record["text"]
        assert record["error"] is None
        assert record["prompt"] == "Describe what happens."
    assert done.stderr.splitlines() == ["yard: playing", "yard: ended"]


def test_plain_lines_without_a_terminal(films: Callable[[str], Path]) -> None:
    """Where there is no terminal each answer is a line: camera, moments, text."""
    done = rxvlm("watch", films("mjpeg"), films("mjpeg"), "--every", "2")
    assert done.returncode == 0, done.stderr
    lines = [line.split("  ", 1) for line in sorted(done.stdout.splitlines())]
    assert [who for who, _ in lines] == [
        "mjpeg 0:00-0:02",
        "mjpeg 0:02-0:03.56",  # where the film ends
        "mjpeg-2 0:00-0:02",
        "mjpeg-2 0:02-0:03.56",
    ]
    assert all(said for _, said in lines)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere.mp4"], "nowhere.mp4 does not exist"),
        (["."], ". is a folder without pictures"),
        (["gopher://u:s3cret@host/x"], "gopher://host/x"),
        (["demo:attic"], "demo:yard"),
        (["demo:yard", "--model", "hal"], "no model 'hal'"),
    ],
)
def test_what_can_never_work_is_one_line(
    args: Sequence[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One clear line on stderr, nothing on stdout, exit code 2."""
    monkeypatch.chdir(tmp_path)
    done = rxvlm_here("watch", *args)
    lines = [line for line in done.stderr.splitlines() if line]
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(lines) == 1
    assert lines[0].startswith("rxvlm: ")
    assert says in lines[0]
    assert "s3cret" not in done.stderr


def test_a_camera_that_fails_harms_no_other(films: Callable[[str], Path]) -> None:
    """The others are watched to their end; what failed is said, and the exit code tells."""
    done = rxvlm("watch", films("mjpeg"), "nowhere.mp4", "--every", "2", "--json")
    assert done.returncode == 2
    assert [json.loads(line)["camera"] for line in done.stdout.splitlines()] == ["mjpeg", "mjpeg"]
    assert "rxvlm: nowhere.mp4 does not exist" in done.stderr.splitlines()


def test_numbers_are_checked() -> None:
    """A number out of range is the command line's own error, with its usage."""
    done = rxvlm("watch", "x.mp4", "--every", "0")
    assert done.returncode == 2
    assert "--every" in done.stderr


@pytest.mark.parametrize("format_", ["", "--json"])
def test_a_reader_that_has_gone_ends_it_without_a_message(format_: str) -> None:
    """When the reader of the output has gone, it ends like a program that SIGPIPE ends."""
    command = " ".join(RXVLM) + f" watch demo:yard --every 0.2 {format_} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=WATCHDOG, check=False)
    assert (done.returncode, done.stderr) == (141, "yard: live\n")
    assert len(done.stdout.splitlines()) == 1


def test_what_is_tried_again_says_so() -> None:
    """A camera that is not there is waited for, and the line says that this is no end, and how to end it."""
    command = [*RXVLM, "watch", GONE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        waiting = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=WATCHDOG)[1] == "127.0.0.1/x: ended\n"
    assert waiting == f"127.0.0.1/x: waiting: {GONE} refuses the connection; trying again, Ctrl-C ends\n"
    assert process.returncode == 130


def test_a_terminal_gets_a_table_and_every_answer_of_a_file(films: Callable[[str], Path]) -> None:
    """Each is a line, once, above the table; in its place a summary stands at the end."""
    terminal = Terminal("watch", str(films("mjpeg")), "--every", "1")
    assert terminal.end() == 0
    shown = one_line(terminal.seen)
    assert "Window Wait Ask Age" in shown
    moments = ["0:00-0:01", "0:01-0:02", "0:02-0:03", "0:03-0:03.56"]
    assert re.findall(r"mjpeg (\S+-\S+)", shown) == moments
    assert shown.rindex("mjpeg 0:03") < shown.index("1 camera, 4 answers, 90 frames: all accounted for.")
    assert left(terminal).count("Camera") == 1
    assert "Traceback" not in shown


def test_what_failed_is_said_below_the_table(films: Callable[[str], Path]) -> None:
    """On a terminal it is the last line, where nothing is drawn over it."""
    terminal = Terminal("watch", "nowhere.mp4", str(films("mjpeg")), "--every", "2")
    assert terminal.end() == 2
    assert left(terminal).splitlines()[-1] == "rxvlm: nowhere.mp4 does not exist"
    assert terminal.seen.count("rxvlm: nowhere") == 1


def test_ctrl_c_on_a_terminal() -> None:
    """Keys leave no trace in the table; Ctrl-C ends it, sums up, and gives back the cursor and the echo."""
    terminal = Terminal("watch", "demo:yard", "--every", "0.5")
    assert terminal.echoes
    terminal.read_until("yard.*live")
    assert not terminal.echoes
    terminal.press(b"what? \n\x03")
    assert terminal.end() == 130
    assert terminal.seen.rfind("\x1b[?25h") > terminal.seen.rfind("\x1b[?25l")
    for trace in ("what?", "^C", "Traceback"):
        assert trace not in terminal.seen
    assert re.search(r"1 camera, \d+ answers?, \d+ frames: all accounted for", one_line(terminal.seen))


def test_why_nothing_came_is_still_there_at_the_end() -> None:
    """Ctrl-C does not take away the reason for which a camera never sent anything."""
    terminal = Terminal("watch", GONE)
    terminal.read_until("refuses the connection; trying again")
    terminal.press(b"\x03")
    assert terminal.end() == 130
    assert re.search(r"ended .{1,200}refuses the connection", one_line(left(terminal)))


def test_the_demo_says_what_became_of_every_frame() -> None:
    """Every frame of three drawn cameras is accounted for at the end; JSON stays clean of it."""
    shorter = "from rxvlm.cli import app, demo; demo._SECONDS, demo._EVERY = 4.0, 0.5; app.app(['demo', '--json'])"
    done = subprocess.run(
        [sys.executable, "-c", shorter], capture_output=True, text=True, timeout=WATCHDOG, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {json.loads(line)["camera"] for line in done.stdout.splitlines()} <= {"yard", "gate", "street"}
    assert re.search(r"3 cameras, [1-9]\d* answers?, \d+ frames: all accounted for", one_line(done.stderr))


def test_help_is_there() -> None:
    """Help names the commands, and each option of a command."""
    assert "demo" in rxvlm_here("--help").stdout
    text = rxvlm_here("watch", "--help").stdout
    for option in ("--model", "--prompt", "--every", "--frames", "--pace", "--json", "--save"):
        assert option in text
    for column in ("fps", "Window", "Wait", "Ask", "Age", "Err"):
        assert re.search(rf"\b{column}\b", text), "a column of the table that nothing explains"
    assert rxvlm_here("--version").stdout.startswith("rxvlm 0.")


def test_help_waits_for_nothing_heavy() -> None:
    """The commands and their options are known without the packages that take time to load."""
    heavy = ["cv2", "av", "dashscope", "httpx", "numpy", "reactivex", "pydantic"]
    code = f"import sys, rxvlm.cli.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_terminal_shows_events_and_rings() -> None:
    """The strip below the table says what runs and what ended; a start rings the bell."""
    clip = Path(__file__).parent.parent.parent / "notebooks" / "clips" / "cars.mp4"
    alert = ("--alert", "moves: motion.share > 0.01", "--need", "1/1", "--clear", "1")
    terminal = Terminal("watch", str(clip), "--every", "2", *alert)
    assert terminal.end() == 0
    shown = one_line(terminal.seen)
    assert terminal.seen.count("\x07") >= 2
    assert "moves begins" in shown
    assert "○ moves cars" in shown
    assert "moves ended after 4 s, 2 clips" in shown


def test_the_demo_leaves_a_story_on_the_screen() -> None:
    """What the numbers of the table mean, and what to type next, within 24 lines of 80 cells."""
    program = "from rxvlm.cli import app, demo; demo._SECONDS, demo._EVERY = 4.0, 0.5; app.app(['demo'])"
    terminal = Terminal(program=program)
    assert terminal.end() == 0
    story = left(terminal).partition("What you saw")[2]
    told = re.search(
        r"sent ([\d,]+) frames: they were captured.*Asked: ([\d,]+), answered: ([\d,]+), about ([\d,]+) frames: "
        r"they are analysed. (No frame was|[\d,]+ were) lost",
        one_line(story),
    )
    assert told is not None, story
    captured, asked, answered, analysed = (int(number.replace(",", "")) for number in told.groups()[:4])
    assert captured >= analysed > 0
    assert asked >= answered > 0
    assert "rxvlm watch film.mp4" in story
    assert len(story.splitlines()) < 20
    assert all(len(line) < 80 for line in story.splitlines())


def test_a_run_without_a_frame_has_no_summary() -> None:
    """There is nothing to account for: the error stands alone."""
    terminal = Terminal("watch", "no-such-film.mp4")
    assert terminal.end() == 2
    assert "rxvlm: no-such-film.mp4 does not exist" in one_line(left(terminal))
    assert "accounted for" not in terminal.seen


@pytest.mark.parametrize(
    ("typed", "said"), [("rxvlm", "rxvlm"), ("bin/rxvlm", "bin/rxvlm"), ("x/__main__.py", "rxvlm")]
)
def test_the_demo_says_what_can_be_typed_here(typed: str, said: str, tmp_path: Path) -> None:
    """The name alone where it is found by it, else what was typed."""
    program = tmp_path / "bin" / "rxvlm"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    code = f"import sys; sys.argv = [{typed!r}]; from rxvlm.cli.demo import _called; print(_called())"
    path = f"{program.parent}:/usr/bin" if typed == "rxvlm" else "/usr/bin"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=program.parent if typed == "rxvlm" else tmp_path,
        env={**os.environ, "PATH": path},
        check=True,
    )
    assert done.stdout.strip() == said
