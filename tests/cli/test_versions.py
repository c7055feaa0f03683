"""What is said of the installation, and of an error that is a bug of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from conftest import WATCHDOG

from rxvlm.cli.versions import bug_in, bug_report, opencv, versions
from rxvlm.errors import ModelError, NoVideoError
from rxvlm.uri import address


def caught(code: str, **names: object) -> Exception:
    """Run some code, and return what it raises."""
    try:
        exec(code, names)
    except Exception as error:  # noqa: BLE001 - that is what it is for
        return error
    raise AssertionError(f"{code} raises nothing")


def command(patch: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with something in it broken."""
    code = f"import sys, rxvlm, rxvlm.cli\n{patch}\nsys.argv[0] = 'rxvlm'\nrxvlm.cli.main()"
    return subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=WATCHDOG, check=False
    )


def test_every_version_that_matters_has_a_line() -> None:
    """A report needs rxvlm, Python, PyAV with its FFmpeg, OpenCV with its wheel, numpy and the system."""
    lines = dict(line.split(maxsplit=1) for line in versions().splitlines() if not line.startswith(" "))
    assert list(lines) == ["rxvlm", "Python", "PyAV", "OpenCV", "numpy", "OS"]
    assert lines["PyAV"].startswith(f"{version('av')}, with FFmpeg ")
    assert version("opencv-python-headless") in lines["OpenCV"]
    assert "unknown" not in versions()


def test_the_command_line_prints_the_same_text() -> None:
    """``rxvlm --version --verbose`` is what a report wants; ``--verbose`` alone is refused."""
    done = command("", "--version", "--verbose")
    assert (done.returncode, done.stdout) == (0, f"{versions()}\n")
    assert command("", "--verbose").returncode == 2


def test_two_wheels_of_opencv_are_named_with_what_to_do() -> None:
    """Both write one folder: the text names both, and how to keep one."""
    said = opencv("4.13.0", ["opencv-python-headless 5.0", "opencv-python 4.13"])
    assert said.startswith("4.13.0, of opencv-python-headless 5.0 and opencv-python 4.13\n")
    assert "pip uninstall opencv-python-headless opencv-python\n" in said


def test_a_module_that_cannot_be_loaded_is_part_of_the_text() -> None:
    """A broken cv2 is the very thing to report: its version is the reason why there is none."""
    done = command("sys.modules['cv2'] = None", "--version", "--verbose")
    assert done.returncode == 0
    assert "OpenCV  unknown (ModuleNotFoundError: " in done.stdout


@pytest.mark.parametrize(
    "error",
    [
        NoVideoError("x has no video in it", "x"),
        OSError("No space left on device"),
        caught("address('')", address=address),
        ModelError("x ended without an answer"),
    ],
)
def test_what_a_user_can_act_on_is_no_bug(error: Exception) -> None:
    """Errors of ours, of the system, and values that we refuse are said in a line."""
    assert bug_in(error) is None


def test_what_a_library_raises_is_a_bug() -> None:
    """A TypeError, and a ValueError that our code did not raise, also where a model failed of it."""
    for code in ("int('x')", "open(nonsense=1)"):
        error = caught(code)
        assert bug_in(error) is error
        failed = caught("raise ours from error", ours=ModelError("m failed"), error=error)
        assert bug_in(failed) is error


def test_a_report_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login in an address and a key of the environment do not get into a text that is made to be posted."""
    monkeypatch.setenv("SOME_API_KEY", "sk-s3cret")
    said = bug_report(caught("raise TypeError('rtsp://u:hunter2@cam/x refuses Bearer sk-s3cret')"))
    assert "TypeError: rtsp://cam/x refuses Bearer ***" in said
    assert "hunter2" not in said


BUG = "def broken(*_, **__): raise TypeError('an unexpected keyword argument')"


@pytest.mark.parametrize(
    ("patch", "args", "answers"),
    [
        ("import rxvlm.sources.file as f; f.check_there = broken", ["watch", __file__, "--json"], 0),
        ("import rxvlm.sources.file as f; f.check_there = broken", ["probe", __file__], 0),
        ("rxvlm.models.named = lambda *_, **__: rxvlm.vlm_from(broken)", ["watch", "demo:yard?seconds=2", "--json"], 1),
        ("rxvlm.sinks.write_jsonl = lambda file: broken", ["watch", "demo:yard?seconds=2", "--json"], 0),
    ],
    ids=["source", "command", "model", "sink"],
)
def test_a_bug_is_shown_with_all_that_a_report_needs(patch: str, args: list[str], answers: int) -> None:
    """Wherever it arises: traceback, versions, where to report it, exit code 1; once, at the end."""
    done = command(f"{BUG}\n{patch}", *args)
    assert done.returncode == 1
    assert done.stderr.count("Traceback (most recent call last):") == 1
    assert "TypeError: an unexpected keyword argument\n" in done.stderr
    assert done.stderr.endswith("please report it, with the text above, to the project's issue tracker\n")
    assert versions() in done.stderr
    assert [bool(json.loads(line)["error"]) for line in done.stdout.splitlines()] == [True] * answers
