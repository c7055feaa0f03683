"""What a notebook shows, in real notebooks: executed by nbclient, in a kernel of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import nbformat
import numpy as np
import pytest
import reactivex
from conftest import WATCHDOG, wait_until
from nbclient import NotebookClient
from reactivex.subject import Subject

import rxvlm
from rxvlm import Analysis, Clip
from rxvlm.media import jpeg
from rxvlm.notebook.showing import Showing
from rxvlm.notebook.widget import MIME


def analysis(captured: float | None = None) -> Analysis:
    """Make an answer, of a file or of a camera."""
    data = (jpeg.encode(np.zeros((48, 64, 3), np.uint8)),)
    clip = Clip(data, "image/jpeg", (0.0,), 64, 48, start=0.0, end=5.0, captured=captured, source="gate")
    return Analysis(clip, "What?", "scripted", 101.0, 102.5, text="a cat")


def run(*cells: str) -> list[Any]:
    """Execute cells; give the outputs of each."""
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=int(WATCHDOG), kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


class Screen:
    """Stands in for what IPython displays."""

    def __init__(self) -> None:
        self.drawn: list[dict[str, str]] = []
        self.overs: list[bool] = []
        self.showing: Showing | None = None

    def __call__(self, bundle: dict[str, str], **_options: object) -> Screen:
        self.drawn.append(bundle)
        return self

    def update(self, bundle: dict[str, str], **_options: object) -> None:
        self.drawn.append(bundle)
        self.overs.append(self.showing is not None and self.showing.over)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr("rxvlm.notebook.outputs._display", lambda: screen)
    monkeypatch.setattr("rxvlm.notebook.outputs.kernel_shell", lambda: True)
    return screen


@pytest.fixture(scope="module")
def shown() -> list[Any]:
    """Some streams shown, in one kernel."""
    return run(
        "import rxvlm, reactivex as rx\n"
        "from reactivex import operators as ops\n"
        "from rxvlm.operators import buffer_by_time, sample_evenly, encode_mp4\n"
        "ledger = rxvlm.Ledger('gate')\n"
        "model = rxvlm.vlm_from(lambda clip, prompt: 'a <b>cat</b>', name='cat')\n"
        "stream = rxvlm.watch('demo:gate?seconds=30', model, every=5.0, ledger=ledger)",
        "showing = rxvlm.show(stream, newest=2, ledgers=ledger)\nshowing.wait()",
        "window = rxvlm.collect(rxvlm.video('demo:yard?seconds=4').pipe(buffer_by_time(4.0)))[0]\nwindow",
        "window.frames[3]",
        "rx.just(window).pipe(sample_evenly(4), encode_mp4(320)).run()",
        "analysis = rxvlm.collect(stream, 1)[0]\nanalysis",
        "ledger",
        "[frame.time async for frame in rxvlm.each(rxvlm.video('demo:yard?seconds=1&fps=4'))]",
        "def broken():\n    yield 1\n    raise ValueError('<no> more')\n_ = rxvlm.show(rx.from_iterable(broken()))",
        "import dataclasses\n"
        "for value in ({'where': 'gate'}, {'box': list(range(300))}):\n"
        "    display(dataclasses.replace(analysis, value=value))",
    )


def html(outputs: list[Any]) -> str:
    return "".join(output.data.get("text/html", "") for output in outputs if "data" in output)


def plain(outputs: list[Any]) -> str:
    return "".join(output.data.get("text/plain", "") for output in outputs if "data" in output)


def test_a_stream_is_drawn_in_place(shown: list[Any]) -> None:
    """However many items come, the file keeps one drawing: the newest answers, the newest on top, and the ledger."""
    drawn = [output for output in shown[1] if output.output_type == "display_data"]
    assert [sorted(output.data) for output in drawn] == [[MIME, "text/html", "text/plain"], ["text/html", "text/plain"]]
    page = html(drawn)
    assert "ended, 6 items" in page
    assert re.findall(r">(\d+)&nbsp;s to (\d+)&nbsp;s<", page) == [("25", "30"), ("20", "25")]
    assert page.count("data:image/jpeg") == 6
    assert "&lt;b&gt;cat" in page
    assert "<b>cat" not in page
    assert "frames captured" in page
    assert plain(drawn).startswith("ended, 6 items, 6 calls\nAnalysis('gate'")


def test_waiting_leaves_nothing_behind(shown: list[Any]) -> None:
    """A cell that ends with ``wait`` shows the view and what is saved of it, no value of the last line."""
    assert [output.output_type for output in shown[1]] == ["display_data"] * 2


def test_ages_are_shown_where_there_are_any(screen: Screen) -> None:
    """A file's answers have no age, and no column for it; a camera's have."""
    rxvlm.show(reactivex.just(analysis()))
    assert ">Age<" not in screen.drawn[-1]["text/html"]
    rxvlm.show(reactivex.of(analysis(), analysis(captured=100.0)))
    assert ">Age<" in screen.drawn[-1]["text/html"]
    assert "2.5&nbsp;s" in screen.drawn[-1]["text/html"]
    assert "age 2.5 s (p50), 2.5 s (p95)" in screen.drawn[-1]["text/html"]


def test_it_is_over_when_the_end_is_drawn(screen: Screen) -> None:
    """wait() returns after the last drawing, so that a notebook that is run without a browser keeps it."""
    stream: Subject[int] = Subject()
    screen.showing = showing = rxvlm.show(stream)
    stream.on_next(1)
    stream.on_completed()
    assert screen.drawn[-1]["text/plain"].splitlines()[0] == "ended, 1 item"
    assert (screen.overs[-1], showing.over) == (False, True)
    drawings = len(screen.drawn)
    showing.dispose()
    assert len(screen.drawn) == drawings


def test_what_is_saved_while_it_runs_never_says_so(screen: Screen) -> None:
    """Somebody may read the file next year: it says of which time of day it is."""
    stream: Subject[int] = Subject()
    showing = rxvlm.show(stream)
    stream.on_next(1)
    wait_until(lambda: "1 item" in screen.drawn[-1]["text/plain"])
    showing.stop()
    for bundle in screen.drawn[:-1]:
        assert re.match(r"as of \d\d:\d\d:\d\d, ", bundle["text/plain"])
        assert "running" not in bundle["text/html"]
    assert screen.drawn[-1]["text/plain"].startswith("stopped, 1 item")


def test_what_has_ended_stays_as_it_was(screen: Screen) -> None:
    """Also where the same stream is subscribed to again, which counts on in the same ledger."""
    stream = rxvlm.watch("demo:yard?seconds=2&fps=4", rxvlm.vlm_from(lambda *_: "a cat"), every=1.0)
    showing = rxvlm.show(stream)
    showing.wait(WATCHDOG)
    drawn, rows = screen.drawn[-1], showing._page.cameras()
    assert "yard: ended, 8 frames captured" in drawn["text/html"]
    rxvlm.collect(stream)
    showing._draw_now()
    assert screen.drawn[-1] is drawn
    assert showing._page.cameras() == rows


def test_a_pause_ends_with_the_stream(screen: Screen) -> None:
    """Nothing is asked meanwhile; a ledger that stayed paused would hold up the next run of the stream."""
    ledger = rxvlm.Ledger("gate")
    showing = rxvlm.show(Subject(), ledgers=ledger)
    showing.pause()
    assert ledger.snapshot().paused
    wait_until(lambda: "paused" in screen.drawn[-1]["text/html"])
    showing.stop()
    assert not ledger.snapshot().paused


def test_long_values_are_folded(shown: list[Any]) -> None:
    """A value of a few lines is shown, of more its name, to be opened."""
    short, long = (html([output]) for output in shown[9])
    assert "<summary class" not in short
    assert "&#x27;where&#x27;: &#x27;gate&#x27;" in short
    assert "<summary class" in long
    assert "&#x27;box&#x27;" in long.partition("<summary class")[2]


def test_values_show_themselves(shown: list[Any]) -> None:
    """A window is a contact sheet, a frame a picture, a clip a player, an analysis and a ledger what they know."""
    sheet, frame, film, analysis, ledger = (html(outputs) for outputs in shown[2:7])
    assert sheet.count("data:image/jpeg") == 24
    assert "more</div>" in sheet
    assert frame.count("data:image/jpeg") == 1
    assert film.count("data:video/mp4") == 1
    assert "frames at" in film
    assert analysis.count("data:image/jpeg") == 8
    assert "a &lt;b&gt;cat" in analysis
    assert "analysed" in ledger
    assert all(plain(outputs) for outputs in shown[2:7])


def test_async_for_works_in_a_cell(shown: list[Any]) -> None:
    """A notebook's own loop takes a stream's items one by one."""
    assert plain(shown[7]) == "[0.0, 0.25, 0.5, 0.75]"


def test_an_error_is_shown(shown: list[Any]) -> None:
    """A stream that fails says so in its drawing, escaped."""
    assert "failed, 1 item<" in html(shown[8])
    assert "&lt;no&gt; more" in html(shown[8])


def test_an_interrupt_leaves_the_stream() -> None:
    """Who interrupts the cell that waits leaves the stream, and the drawing says that it was stopped."""
    outputs = run(
        "import os, signal, reactivex as rx, rxvlm\n"
        "from reactivex import operators as ops\n"
        "left = []\n"
        "endless = rx.interval(0.01).pipe(ops.do_action(lambda n: n == 3 and os.kill(os.getpid(), signal.SIGINT)),"
        " ops.finally_action(lambda: left.append(True)))\n"
        "showing = rxvlm.show(endless)\n"
        "try:\n    showing.wait()\nexcept KeyboardInterrupt:\n    print('interrupted', left, showing.over)",
    )[0]
    assert "interrupted [True] True" in "".join(output.get("text", "") for output in outputs)
    assert "stopped, " in html(outputs)


def test_a_program_prints_the_last_items(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no place where anything could be drawn anew."""
    rxvlm.show(reactivex.of(1, 2)).wait()
    assert capsys.readouterr().out == "ended, 2 items\n2\n1\n"
    rxvlm.show([1, 2])
    assert capsys.readouterr().out == "1\n2\n"


def test_without_anywidget_the_table_is_drawn() -> None:
    """In place, by itself; the file keeps the same."""
    hide = "import sys\nsys.modules['anywidget'] = None\n"
    (outputs,) = run(hide + "import rxvlm, reactivex as rx\nlive = rxvlm.show(rx.of(1, 2))\nlive.wait()\nlive.widget")
    assert [sorted(output.data) for output in outputs] == [["text/html", "text/plain"]]
    assert plain(outputs) == "ended, 2 items\n2\n1"
    assert "ended, 2 items" in html(outputs)


def test_without_ipython_it_says_what_to_install() -> None:
    """Where IPython is missing, the error names the extra that brings it."""
    code = (
        "import sys; sys.modules['IPython'] = None; sys.modules['IPython.display'] = None\n"
        "import reactivex, rxvlm\n"
        "try: rxvlm.show(reactivex.never())\n"
        "except rxvlm.MissingPartError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'rxvlm[notebook]'" in done.stdout
