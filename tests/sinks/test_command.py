"""command: what a real program gets, and what becomes of one that fails, hangs or is not there."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from telling import JPEG, answer, event

from rxvlm import collect, errors
from rxvlm import operators as rxo
from rxvlm.sinks import command
from rxvlm.sinks.programs.fields import MOST_BYTES, NAMES
from rxvlm.sinks.programs.template import Template

# Writes what it got to the file that is its first argument.
NOTE = """
import json, os, sys, stat
picture, there = sys.argv[2], None
if os.path.isfile(picture):
    there = {"bytes": open(picture, "rb").read().hex(), "mode": stat.S_IMODE(os.stat(picture).st_mode)}
with open(sys.argv[1], "w") as file:
    json.dump({"argv": sys.argv[2:], "env": dict(os.environ), "given": json.load(sys.stdin), "picture": there}, file)
"""


def noted(tmp_path: Path, item: Any, *arguments: str) -> dict[str, Any]:
    """Run a program that notes what it got."""
    file = tmp_path / "noted.json"
    command([sys.executable, "-c", NOTE, str(file), *arguments])(item)
    return json.loads(file.read_text())


def test_a_program_gets_fields_as_arguments_variables_and_json(tmp_path: Path) -> None:
    """Each argument stays one argument, whatever is in it."""
    item = event(analysis=answer("a 'quoted'; rm -rf $HOME `x`\n狗 {camera}"))
    got = noted(tmp_path, item, "{camera}: {name} {phase} {}", "{text}", "{reason}")
    assert got["argv"] == ["yard: intruder start {}", "a 'quoted'; rm -rf $HOME `x`\n狗 {camera}", ""]
    assert got["env"]["RXVLM_TEXT"] == got["argv"][1]
    assert {name for name in got["env"] if name != "RXVLM_WEBHOOK_SECRET"} >= {
        f"RXVLM_{name.upper()}" for name in NAMES
    }
    assert got["given"] == item.to_dict()


def test_an_answer_has_fields_too(tmp_path: Path) -> None:
    """Its value is JSON; of a failed call the text is the error."""
    got = noted(tmp_path, answer("A car.", value={"cars": 1}), "{text}", "{value}", "{model}", "{name}")
    assert got["argv"] == ["A car.", '{"cars": 1}', "m", ""]
    failed = answer("", error=errors.ModelTimeoutError("no answer within 60 s"))
    assert noted(tmp_path, failed, "{text}", "{error}")["argv"] == ["no answer within 60 s"] * 2


def test_a_field_alone_is_no_option(tmp_path: Path) -> None:
    """It gets a space before it; what begins with a text of the user's own does not."""
    got = noted(tmp_path, answer("--output=/etc/passwd"), "{text}", "--text={text}", "-")
    assert got["argv"] == [" --output=/etc/passwd", "--text=--output=/etc/passwd", "-"]
    assert got["env"]["RXVLM_TEXT"] == "--output=/etc/passwd"


@pytest.mark.parametrize("letter", ["x", "ä", "狗", "\U0001f697"])
def test_long_texts_are_cut_between_letters(tmp_path: Path, letter: str) -> None:
    """Arguments and variables have 32 000 bytes at most, and no half of a letter."""
    got = noted(tmp_path, answer(letter * 200_000), "{text}", "a {text}")
    for text in (*got["argv"], got["env"]["RXVLM_TEXT"]):
        assert MOST_BYTES - 4 < len(text.encode()) <= MOST_BYTES
        assert set(text) <= {letter, "a", " "}
    assert len(got["given"]["text"]) == 200_000


def test_what_no_argument_can_hold_is_left_out(tmp_path: Path) -> None:
    """NUL, and halves of letters."""
    assert noted(tmp_path, answer("a\0b\ud800"), "{text}")["argv"] == ["ab\ufffd"]


def test_a_picture_is_a_file_while_the_program_runs(tmp_path: Path) -> None:
    """For this user alone, and gone after that; without one the field is empty."""
    got = noted(tmp_path, event(), "{picture}")
    assert got["picture"] == {"bytes": JPEG.hex(), "mode": 0o600}
    assert not Path(got["argv"][0]).exists()
    assert noted(tmp_path, event(analysis=None), "{picture}")["argv"] == [""]
    with pytest.raises(errors.SinkError) as raised:
        command(["sh", "-c", 'echo "$1" >&2; exit 1', "sh", "{picture}"])(event())
    path = Path(str(raised.value).rpartition(": ")[2])
    assert path.suffix == ".jpg"
    assert not path.exists()


def test_a_shell_may_name_the_picture_by_its_variable(tmp_path: Path) -> None:
    """As the error about a field in a shell's text advises."""
    kept = tmp_path / "kept.jpg"
    command(["sh", "-c", f'cp "$RXVLM_PICTURE" {kept}'])(event())
    assert kept.read_bytes() == JPEG


def test_a_program_that_fails_is_an_error_with_its_words() -> None:
    """Its exit code or signal, and the end of what it said, in one line and without secrets."""
    said = "echo; echo cannot post to http://me:s3cret@host/x >&2; exit 3"
    with pytest.raises(errors.SinkError, match=r"^sh ended with exit code 3: cannot post to http://host/x$"):
        command(["sh", "-c", said])(event())
    with pytest.raises(errors.SinkError, match=r"ended with signal 15$"):
        command(["sh", "-c", "kill $$"])(event())
    with pytest.raises(errors.SinkError) as raised:
        command([sys.executable, "-c", "import sys; sys.exit('x' * 1_000_000)"])(event())
    assert len(str(raised.value)) < 500


def test_a_program_that_says_too_much_does_not_fill_the_disk() -> None:
    """What it said before takes no disk any more, and the end of it is in the error."""
    program = """if True:
        import os, sys, time
        sys.stderr.write("x" * 2_000_000)
        while os.fstat(2).st_blocks * 512 > 1_000_000:
            time.sleep(0.01)
        sys.exit("the end")
    """
    with pytest.raises(errors.SinkError, match=r"exit code 1: .*the end$"):
        command([sys.executable, "-c", program])(event())


def test_a_program_that_is_not_there_says_so(tmp_path: Path) -> None:
    """As a FileNotFoundError; one that may not be run says that."""
    with pytest.raises(FileNotFoundError, match="there is no program 'rxvlm-no-such-program'"):
        command(["rxvlm-no-such-program", "{text}"])(event())
    with pytest.raises(errors.SinkError, match="cannot be run: Permission denied"):
        command([str(tmp_path)])(event())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]


def gone(pid: int) -> bool:
    until = time.monotonic() + WATCHDOG
    while alive(pid) and time.monotonic() < until:
        threading.Event().wait(0.01)
    return not alive(pid)


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """Also one that ignores SIGTERM; the error says that time was up."""
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 1000 & echo $! > {pids}; echo $$ >> {pids}; echo waiting >&2; wait"
    with pytest.raises(errors.SinkError, match="did not end in time, and was killed: waiting"):
        command(["sh", "-c", script], timeout=1.0)(event())
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_a_child_in_the_background_holds_up_nothing(tmp_path: Path) -> None:
    """A program has ended when it has ended, whoever holds its stderr."""
    pid = tmp_path / "pid"
    command(["sh", "-c", f"sleep 1000 & echo $! > {pid}"], timeout=WATCHDOG)(event())
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_program_need_not_read() -> None:
    """Its standard input may be larger than a pipe."""
    command(["true"])(answer("x" * 300_000))


def test_one_runs_at_a_time(tmp_path: Path) -> None:
    """However many threads call."""
    lock = tmp_path / "lock"
    sink = command(["sh", "-c", f"mkdir {lock} && sleep 0.05 && rmdir {lock}"])
    failed: list[Exception] = []

    def call() -> None:
        try:
            sink(event())
        except errors.SinkError as error:
            failed.append(error)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
    assert failed == []


@pytest.mark.usefixtures("no_threads_left")
def test_behind_a_queue_a_program_that_hangs_is_killed_at_the_end(tmp_path: Path) -> None:
    """After ``drain`` seconds the end is passed on, and the program is gone."""
    pid = tmp_path / "pid"
    step = rxo.to(command(["sh", "-c", f"echo $$ > {pid}; sleep 1000"], timeout=900.0), drain=0.5)
    assert len(collect(reactivex.of(event()).pipe(step))) == 1
    assert step.wait(WATCHDOG)
    assert step.sent == 0
    assert gone(int(pid.read_text()))


def test_updates_are_left_out_unless_told_otherwise(tmp_path: Path) -> None:
    """Starts, ends and answers are not."""
    file = tmp_path / "all"
    items = [answer(), event("start"), event("update"), event("end")]
    note = ["sh", "-c", f'echo "$RXVLM_TYPE $RXVLM_PHASE" >> {file}']
    for sink in (command(note), command(note, phases=["update"], answers=False)):
        for item in items:
            sink(item)
    assert file.read_text().split("\n") == ["analysis ", "event start", "event end", "event update", ""]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "a command begins with the program to run"),
        (["{text}"], "the program to run may have no field in it"),
        (
            ["notify", "{camera.name}"],
            "{camera.name} is not a field; write {{camera.name}} for the text itself",
        ),
        (["notify", "{camera[0]}"], "{camera[0]} is not a field"),
        (["notify", "{text!r}"], "{text!r} is not a field"),
        (["notify", "{text:>10}"], "{text:>10} is not a field"),
        (["notify", "{prompt}"], "{prompt} is not a field"),
        (["notify", "s3cret\0"], "argument 1 of the command has a NUL in it"),
        (["sh", "-c", "echo {text}"], "{text} stands in a text that a program would run"),
        (["/bin/bash", "-ec", "echo {text}"], '"$RXVLM_TEXT" in a shell'),
        (["env", "python3", "-c", "print('{text}')"], "{text} stands in a text"),
    ],
)
def test_what_cannot_work_is_an_error_at_once(arguments: list[str], says: str) -> None:
    """It names the field, and shows no argument: there may be a secret in it."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its text is looked at
        command(arguments)
    assert says in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_command_is_a_list() -> None:
    """A string is none: there is no shell to split it."""
    wrong: Any
    for wrong in ("notify-send {text}", None, 3):
        with pytest.raises(TypeError, match="a command is a list, as in"):
            command(wrong)
    with pytest.raises(TypeError, match="argument 1 of the command must be a string, not int"):
        command(["sleep", 3])  # pyright: ignore[reportArgumentType] - that is the point


def test_arguments_are_shown_nowhere() -> None:
    """A token may be one of them."""
    assert repr(command(["curl", "s3cret"])) == "command(['curl', ...])"


def test_other_braces_are_themselves() -> None:
    """JSON, variables of a shell, and a name in double braces."""
    written = ["x", '{"a": {"b": "{camera}"}}', "${HOME}", "{}", "{{text}}", "{ text }", ""]
    filled = Template.of(written).filled({"camera": "yard", "text": "no"})
    assert filled == ["x", '{"a": {"b": "yard"}}', "${HOME}", "{}", "{text}", "{ text }", ""]
