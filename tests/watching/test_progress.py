"""How far a film is: what a bar says, when there is one, and real ones in a terminal and in a notebook."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import reactivex
from cli_terminal import Terminal
from conftest import WATCHDOG
from nbclient import NotebookClient

import rxvlm
from rxvlm.display.progress.bar import progress_html
from rxvlm.display.progress.standing import Standing
from rxvlm.watching.progress import Progress

GATED = """
import os, time, rxvlm
def model(clip, prompt):
    while clip.start > 4 and not os.path.exists({gate!r}):
        time.sleep(0.02)
    return "a **red** car"
stream = rxvlm.watch("demo:yard?seconds=20&fps=2", rxvlm.vlm_from(model), every=2.0)
"""


class Drawn:
    """A bar that keeps what it was asked to draw."""

    pause = 0.5

    def __init__(self) -> None:
        self.drawn: list[Standing] = []
        self.closed: Standing | None = None

    def draw(self, standing: Standing) -> None:
        self.drawn.append(standing)

    def close(self, standing: Standing) -> None:
        self.closed = standing


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def waiting(stream: Any, wanted: int | None = None, **options: Any) -> tuple[Progress, Drawn, Clock]:
    bar, clock = Drawn(), Clock()
    return Progress(stream, wanted, bar=lambda: bar, clock=clock, **options), bar, clock


def answered(address: str = "demo:yard?seconds=20&fps=2", count: int = 3) -> tuple[Any, list[Any]]:
    """Give a stream of which some items have come, and these."""
    stream = rxvlm.watch(address, rxvlm.vlm_from(lambda *_: "a **red** car"), every=2.0)
    return stream, list(rxvlm.collect(stream, count))


def test_a_long_film_has_a_bar_after_a_second() -> None:
    """It says the position, what was answered, the newest answer, and the time that is left; at its end it is full."""
    stream, items = answered()
    progress, bar, clock = waiting(stream)
    stream.ledger.state("playing")  # it goes on
    with progress:
        progress.look()
        for item in items:
            progress.take(item)
        clock.now += 1.5
        progress.look()
        progress.look()  # too soon for another drawing
        clock.now += 0.5
        progress.look()
    assert len(bar.drawn) == 2
    first = bar.drawn[0]
    assert first.share is not None
    assert 0.3 <= first.share < 1
    assert first.said[1] == "3 answers"
    assert first.said[0].endswith(" of 0:20")
    assert first.newest == "a red car"
    assert "left" in first.times
    assert bar.closed == Standing("yard", 1.0, ["0:20 of 0:20", "3 answers"], 2.0)


def test_a_failed_wait_is_not_full() -> None:
    """The bar of a stream that failed, or of a wait that was interrupted, stays where it was."""
    stream, items = answered()
    stream.ledger.state("playing")
    for failed in (True, False):
        progress, bar, clock = waiting(stream)
        progress.take(items[0])
        clock.now += 2
        progress.look()
        progress.failed = failed
        progress.__exit__(None if failed else KeyboardInterrupt, None if failed else KeyboardInterrupt(), None)
        assert bar.closed is not None
        assert bar.closed.share is not None
        assert bar.closed.share < 1


@pytest.mark.parametrize("address", ["demo:yard?seconds=4&fps=2", "demo:yard"])
def test_short_films_and_endless_cameras_have_none(address: str) -> None:
    """Of a film of 4 seconds, and where nothing says when it is over, nothing is drawn."""
    stream = rxvlm.video(address)
    rxvlm.collect(stream, 1)
    progress, bar, clock = waiting(stream)
    with progress:
        clock.now += 5
        progress.look()
    assert bar.drawn == []
    assert bar.closed is None


def test_a_number_of_items_has_one_also_of_a_camera() -> None:
    """Where so many items are waited for, their number is how far it is."""
    stream = rxvlm.video("demo:yard")
    progress, bar, clock = waiting(stream, 4)
    progress.take(rxvlm.collect(stream, 1)[0])
    clock.now += 2
    progress.look()
    assert bar.drawn[0].share == 0.25
    assert bar.drawn[0].said == ["1 of 4 items"]


def test_it_can_be_turned_off_and_needs_a_ledger() -> None:
    """With ``progress=False`` nothing is drawn, nor of a stream of which nothing is known."""
    stream, _ = answered()
    for progress, bar, clock in (waiting(stream, shown=False), waiting(reactivex.never(), 3)):
        clock.now += 5
        progress.look()
        assert bar.drawn == []


def test_failed_calls_are_counted() -> None:
    """They are items, too, and are said apart."""

    def fail(*_: object) -> str:
        raise ValueError("no")

    stream = rxvlm.watch("demo:yard?seconds=8&fps=2", rxvlm.vlm_from(fail), every=2.0)
    progress, bar, clock = waiting(stream)
    for item in rxvlm.collect(stream, 2):
        progress.take(item)
    clock.now += 2
    progress.look()
    assert list(bar.drawn[0].said[1:]) == ["2 answers", "2 failed"]


def test_a_bar_that_cannot_be_drawn_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A terminal that has gone away is said once; the wait goes on."""
    stream, _ = answered()
    stream.ledger.state("playing")

    class Gone(Drawn):
        def draw(self, standing: Standing) -> None:
            raise OSError(standing.name)

    clock = Clock()
    progress = Progress(stream, bar=Gone, clock=clock)
    with progress:
        for _ in range(3):
            clock.now += 2
            progress.look()
    assert [record.message for record in caplog.records] == ["the bar of progress cannot be drawn any longer: yard"]


def test_a_bar_as_html_is_escaped() -> None:
    """Names and answers are words; an unknown share is a bar that moves, without a percentage."""
    page = progress_html(Standing("<b>", None, ["2 answers"], 3.0, "<script>"))
    assert "<script>" not in page
    assert "&lt;b&gt;" in page
    assert "value=" not in page
    assert 'value="0.2500"' in progress_html(Standing("a", 0.25, [], 3.0))


IN_A_LOOP = """
import asyncio
async def main(): return [item async for item in rxvlm.each(stream)]
items = asyncio.run(main())
"""


@pytest.mark.parametrize(
    "wait",
    [
        "items = rxvlm.collect(stream)",
        "items = [print('printed above') or item for item in rxvlm.answers(stream)]",
        IN_A_LOOP,
    ],
)
def test_a_terminal_shows_a_bar(wait: str, tmp_path: Path) -> None:
    """With the share, the position, the answers so far and the newest; printed lines stand above, the end stays."""
    gate = tmp_path / "gate"
    terminal = Terminal(program=f"{GATED.format(gate=str(gate))}\n{wait}\nprint('got', len(items))")
    terminal.read_until(r"yard .* \d\d% 0:0\d of 0:20, [1-9] answers? \[.* left\].*a red car")
    gate.touch()
    terminal.read_until(r"100% 0:20 of 0:20, 10 answers")
    terminal.read_until("got 10")
    assert terminal.end() == 0


def test_output_that_goes_to_a_file_goes_there(tmp_path: Path) -> None:
    """What is printed while the bar is on the terminal of stderr is in the file of stdout, without the bar."""
    gate, paper = tmp_path / "gate", tmp_path / "out.txt"
    program = f"import sys\nsys.stdout = open({str(paper)!r}, 'w')\n{GATED.format(gate=str(gate))}"
    terminal = Terminal(
        program=f"{program}\nfor item in rxvlm.answers(stream): print(item.clip.end)\nsys.stdout.close()"
    )
    terminal.read_until(r"[1-9] answers?")
    gate.touch()
    assert terminal.end() == 0
    assert paper.read_text().split() == [f"{end}.0" for end in range(2, 21, 2)]


def test_without_a_terminal_nothing_is_written() -> None:
    """A script in a pipe, as of cron, writes what it printed before."""
    slow = "def model(clip, prompt):\n    threading.Event().wait(0.2)\n    return ''"
    code = (
        f"import threading, rxvlm\n{slow}\nfilm = 'demo:yard?seconds=20&fps=2'\n"
        "print(len(rxvlm.collect(rxvlm.watch(film, rxvlm.vlm_from(model), every=2.0))))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WATCHDOG, check=True)
    assert (ran.stdout, ran.stderr) == ("10\n", "")


def run(*cells: str) -> list[Any]:
    """Execute cells; give the outputs of each."""
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=int(WATCHDOG), kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_notebook_shows_a_bar(tmp_path: Path) -> None:
    """One output that is updated in its place, and is full when the notebook is saved; none with ``progress=False``."""
    until_drawn = (
        "from rxvlm.display.progress import bar\n"
        "class Seen(bar.CellBar):\n"
        "    def draw(self, standing):\n"
        "        super().draw(standing)\n"
        f"        open({str(tmp_path / 'gate')!r}, 'w').close()\n"
        "bar.CellBar = Seen"
    )
    gated = GATED.format(gate=str(tmp_path / "gate"))
    _, shown, loop, quiet = run(
        f"{gated}\n{until_drawn}",
        "items = rxvlm.collect(stream)\nos.remove(" + repr(str(tmp_path / "gate")) + ")",
        "items = [item async for item in rxvlm.each(stream)]",
        "items = rxvlm.collect(stream, progress=False)",
    )
    for outputs in (shown, loop):
        (bar,) = outputs
        assert "100% 0:20 of 0:20, 10 answers" in bar.data["text/html"].replace("</progress>", "")
        assert bar.data["text/plain"].startswith("yard: 100%|##########| 0:20 of 0:20, 10 answers [")
    assert quiet == []


def test_a_loop_that_is_left_gives_the_terminal_back() -> None:
    """The next wait may draw: an interrupted loop, async or not, leaves nothing behind."""
    stream, _ = answered()

    async def first() -> Any:
        generator = rxvlm.each(stream)
        item = await anext(generator)
        await generator.aclose()
        return item

    assert asyncio.run(first()).text == next(iter(rxvlm.answers(stream))).text
