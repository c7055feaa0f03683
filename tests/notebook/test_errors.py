"""Errors in a notebook: the sentence and the user's own line, in a real kernel."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import WATCHDOG
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

import rxvlm
from rxvlm.errors.short_traceback import is_raised_by_us, short_traceback, shown_short

BEGIN = """
import rxvlm
from rxvlm import operators as rxo
model = rxvlm.vlm_from(lambda clip, prompt: "a cat")
"""
MISTAKES = [
    ("rxvlm.collect(rxvlm.video('/no/film.mp4'))", "SourceNotFoundError: /no/film.mp4 does not exist"),
    ("rxvlm.watch('demo:yard', model, evry=5.0)", "TypeError: watch has no option 'evry': did you mean 'every'?"),
    ("rxvlm.watch('demo:yard', model, every='5')", "TypeError: every "),
    ("rxvlm.watch('demo:yard', model, effort='exakt')", "ValueError: effort must be one of exact, "),
    ("rxvlm.watch('demo:yard', 'opencv')", "TypeError: "),
    ("rxvlm.watch()", "TypeError: watch() missing 1 required positional argument: 'source'"),
    ("rxvlm.watch('nonsense://x', model)", "UriError: "),
    ("rxvlm.wacth('demo:yard')", "AttributeError: module 'rxvlm' has no attribute 'wacth': did you mean 'watch'?"),
    ("rxvlm.collect(None)", "TypeError: collect takes a stream, such as "),
    ("rxvlm.collect(rxvlm.video('demo:yard'), 0)", "ValueError: n must be at least 1"),
    ("rxvlm.show('demo:yard')", "TypeError: show takes a stream, such as "),
    ("rxvlm.Camera('demo:yard', every=-1.0)", "ValueError: every "),
    ("rxo.sample_evenly(0)", "ValueError: count "),
    ("rxvlm.video('demo:yard').pipe(rxo.buffer_by_time)", "TypeError: "),
    ("for frame in rxvlm.video('demo:yard'): pass", "TypeError: a stream cannot be iterated over by itself: "),
    ("for item in rxvlm.answers(rxvlm.video('/no/film.mp4')): pass", "SourceNotFoundError: "),
    ("await rxvlm.video('/no/film.mp4')", "SourceNotFoundError: "),
    ("[item async for item in rxvlm.each(rxvlm.video('/no/film.mp4'))]", "SourceNotFoundError: "),
    ("rxvlm.show(rxvlm.video('/no/film.mp4')).wait()", "SourceNotFoundError: /no/film.mp4 does not exist"),
]


class Front:
    """A front end that runs cells."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str) -> list[Any]:
        """Run code; return the contents of its outputs."""
        shown: list[Any] = []
        wanted = ("display_data", "execute_result", "stream", "error")
        self._client.execute_interactive(
            code,
            timeout=WATCHDOG,
            output_hook=lambda one: shown.append(one["content"]) if one["msg_type"] in wanted else None,
        )
        return shown

    def error(self, code: str) -> list[str]:
        """Run code that fails; return the lines that are shown, without colours."""
        (error,) = [content for content in self.run(code) if "traceback" in content]
        return re.sub(r"\x1b\[\d+m", "", "\n".join(error["traceback"])).split("\n")

    def printed(self, code: str) -> str:
        return "".join(content.get("text", "") for content in self.run(code))


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    manager, client = start_new_kernel()
    front = Front(client)
    front.run(BEGIN)
    yield front
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(("code", "sentence"), MISTAKES)
def test_a_mistake_is_a_sentence_and_a_line(front: Front, code: str, sentence: str) -> None:
    """Three lines: the cell, the line that the user wrote, and what is wrong; no frame of ours."""
    place, line, *said = front.error(f"x = 1\n{code}")
    assert re.fullmatch(r"Cell In\[\d+\], line 2", place)
    assert line == f"----> 2 {code}"
    assert said[0].startswith(sentence)
    assert len(said) == 1


def test_the_users_own_code_is_shown_with_its_lines(front: Front) -> None:
    """What raises in the user's function has its line there, and the line of the cell that called; nothing of ours."""
    lines = front.error(
        "from reactivex import operators as ops\n"
        "def worth(frame):\n    return {0: 10, 1: 20}[frame.index]\n"
        "rxvlm.collect(rxvlm.video('demo:yard?seconds=1').pipe(ops.map(worth)))"
    )
    assert [line for line in lines if line.startswith("----> ")] == [
        "----> 4 rxvlm.collect(rxvlm.video('demo:yard?seconds=1').pipe(ops.map(worth)))",
        "----> 3 return {0: 10, 1: 20}[frame.index]",
    ]
    assert "KeyError: 2" in lines
    assert lines[-1] == "2 items came before it; they are in sys.last_value.partial"
    assert front.printed("import sys; print(sys.last_value.partial)") == "[10, 20]\n"


def test_a_library_that_fails_keeps_its_frames(front: Front) -> None:
    """An error that no line of ours raised is shown as IPython shows it: it may be a bug."""
    lines = front.error("import json\njson.loads('{')")
    assert any("json/__init__.py" in line or "json/decoder.py" in line for line in lines)


def test_an_interrupt_keeps_what_was_answered(front: Front) -> None:
    """It is one line, says where the answers are, and has no frame of threading."""
    lines = front.error(
        "import os, signal\nfrom reactivex import operators as ops\n"
        "stop = ops.do_action(lambda frame: frame.index == 3 and os.kill(os.getpid(), signal.SIGINT))\n"
        "rxvlm.collect(rxvlm.video('demo:yard?fps=50').pipe(stop))"
    )
    assert [line for line in lines if line.startswith("----> ")] == [
        "----> 4 rxvlm.collect(rxvlm.video('demo:yard?fps=50').pipe(stop))"
    ]
    assert "KeyboardInterrupt" in lines
    assert re.fullmatch(r"\d+ items came before it; they are in sys.last_value.partial", lines[-1])
    assert "True" in front.printed("import sys; print(len(sys.last_value.partial) >= 3)")


def test_several_errors_are_short_too(front: Front) -> None:
    """A group, which IPython leaves to Python, has the errors of its cameras without frames of ours."""
    cameras = "{'gate': '/no/one.mp4', 'yard': '/no/two.mp4'}"
    printed = front.printed(f"rxvlm.collect(rxvlm.watch_all({cameras}, model))")
    assert "SourceNotFoundError: /no/one.mp4 does not exist" in printed
    assert "SourceNotFoundError: /no/two.mp4 does not exist" in printed
    assert "rxvlm/sources" not in printed
    assert len(printed.splitlines()) < 20


def test_an_interrupted_await_is_short(front: Front) -> None:
    """An interrupt reaches an asynchronous cell as a CancelledError; it has no frame of ours or of asyncio."""
    lines = front.error(
        "import os, signal\nfrom reactivex import operators as ops\n"
        "stop = ops.do_action(lambda frame: frame.index == 3 and os.kill(os.getpid(), signal.SIGINT))\n"
        "await rxvlm.video('demo:yard?fps=50').pipe(stop)"
    )
    assert [line for line in lines if line.startswith("----> ")] == [
        "----> 4 await rxvlm.video('demo:yard?fps=50').pipe(stop)"
    ]
    assert "CancelledError" in lines[-1]


def test_the_answers_of_good_cameras_are_kept(front: Front) -> None:
    """One of two cameras is no film: the other's answers are returned, shown with the failure, and the log says so."""
    outputs = front.run(
        "cameras = {'yard': 'demo:yard?seconds=4', 'gate': '/no/film.mp4'}\n"
        "got = rxvlm.collect(rxvlm.watch_all(cameras, model, every=2.0))\ngot"
    )
    page = [output["data"]["text/html"] for output in outputs if "data" in output][-1]
    assert "2 answers" in page
    assert "gate failed:" in page
    assert "/no/film.mp4 does not exist" in page
    assert any("gate failed" in output.get("text", "") for output in outputs)
    assert front.printed("print(len(got), {name: type(one).__name__ for name, one in got.failed.items()})") == (
        "2 {'gate': 'SourceNotFoundError'}\n"
    )


def test_all_cameras_that_fail_are_an_error() -> None:
    """Where no camera is left, the error is raised, as that of a single camera is."""
    model = rxvlm.vlm_from(lambda *_: "")
    with pytest.raises(rxvlm.SourceNotFoundError):
        rxvlm.collect(rxvlm.watch_all({"gate": "/no/film.mp4"}, model))
    with pytest.raises(ExceptionGroup, match="2 cameras failed"):
        rxvlm.collect(rxvlm.watch_all({"gate": "/no/film.mp4", "yard": "/no/other.mp4"}, model))


def test_python_prints_whole_tracebacks() -> None:
    """A script has all frames, as without IPython nothing is shortened."""
    code = "import rxvlm\nrxvlm.watch('demo:yard', every='5')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WATCHDOG, check=False)
    assert "rxvlm/watching/watch.py" in ran.stderr
    assert ran.returncode == 1


def test_a_short_error_can_still_be_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that IPython was told to show in short, with a reference to itself."""
    monkeypatch.setitem(sys.modules, "IPython", sys)
    error = pickle.loads(pickle.dumps(shown_short(ValueError("no"))))
    assert str(error) == "no"


def test_causes_without_a_line_of_the_user_are_left_out() -> None:
    """Of causes only those are shown that the user's code raised: the sentence says the others."""

    def users() -> None:
        raise KeyError("mine")

    failed = rxvlm.ModelError("it failed")
    with pytest.raises(KeyError) as cause:
        users()
    failed.__cause__ = cause.value
    shown = "\n".join(short_traceback(failed))
    assert shown.index("KeyError") < shown.index("ModelError")
    unseen = rxvlm.ModelError("it failed")
    unseen.__cause__ = OSError("in a library")
    assert "OSError" not in "\n".join(short_traceback(unseen))
    assert not is_raised_by_us(unseen)
