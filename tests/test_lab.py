"""The live view in a real JupyterLab in a real Chromium. `.ci/run` installs both; elsewhere these are skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from browser import Browser, Lab, Notebook
from conftest import wait_until

if "RXVLM_NEEDS_BROWSER" not in os.environ:
    pytest.skip("it needs a JupyterLab and a Chromium, and its tests go on one after another", allow_module_level=True)
pytestmark = pytest.mark.timeout(600)

SETUP = """
import threading, rxvlm
evil = "<img src=x onerror='window.hacked = 1'> **a car**\\n" + "and more of it, word by word. " * 40
model = rxvlm.vlm_from(lambda clip, prompt: evil if clip.end <= 1 else f"a car at {clip.end:g}")
cameras = lambda: sum(thread.name == "rxvlm-gate" for thread in threading.enumerate())
"""
SHOW = "live = rxvlm.show(rxvlm.watch('demo:gate', model, every=1.0))"
AWAY = "away = rxvlm.show(rxvlm.watch('rtsp://127.0.0.1:1/door', model))"
MANY = "many = rxvlm.show(rxvlm.watch_all({name: f'demo:{name}' for name in ('gate', 'yard')}, model, every=1.0))"
CELLS = (SETUP, SHOW, "live.wait()", AWAY, MANY, "live")

ROWS = "document.querySelectorAll('.rxvlm-live .row').length"
HEADINGS = "[...document.querySelectorAll('.rxvlm-live .heading-line')].map((one) => one.textContent)"
HEIGHT = "document.querySelector('.jp-OutputArea:has(.rxvlm-live)').getBoundingClientRect().height"
OVERFLOWS = """(() => {
    const view = document.querySelector(".rxvlm-live"), edge = view.getBoundingClientRect().right;
    return [...view.querySelectorAll("*")].filter((one) => one.checkVisibility() && !one.closest(".newest"))
        .filter((one) => one.getBoundingClientRect().right > edge + 1).map((one) => one.className);
})()"""


def button(label: str) -> str:
    return f"[...document.querySelectorAll('.rxvlm-live .act')].find((one) => one.textContent === {label!r})"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Open a notebook with a stream that is shown, once for all tests: they go on one after another."""
    folder = tmp_path_factory.mktemp("lab")
    lab = Lab(folder / "lab")
    browser = Browser(folder / "chromium")
    browser.resize(1200)
    lab.write("live.ipynb", *CELLS)
    book = Notebook(lab, browser, "live.ipynb")
    book.run(0)
    book.run(1)
    yield book
    browser.close()
    lab.close()


def rows_more(book: Notebook, more: int = 1) -> None:
    """Wait for rows that are not there yet."""
    book.browser.wait_for(f"{ROWS} >= {book.browser.evaluate(ROWS) + more}")


def test_the_output_keeps_its_height(book: Notebook) -> None:
    """From the first drawing on; rows scroll inside, the newest on top, and what is saved is not seen beside it."""
    book.browser.wait_for(f"{ROWS} > 0")
    height = book.browser.evaluate(HEIGHT)
    rows_more(book, 3)
    assert book.browser.evaluate(HEIGHT) == height
    numbers = book.browser.evaluate("[...document.querySelectorAll('.row')].map((one) => Number(one.dataset.row))")
    assert numbers == sorted(numbers, reverse=True)
    saved = "[...document.querySelectorAll('[data-rxvlm-saved]')].some((one) => one.checkVisibility())"
    assert not book.browser.evaluate(saved)


def test_what_a_model_says_is_text(book: Notebook) -> None:
    """Its Markdown is bold, its HTML letters; long answers are folded, and unfold."""
    first = "[...document.querySelectorAll('.row')].at(-1)"
    assert book.browser.evaluate(f"{first}.querySelector('.answer').textContent").startswith("<img src=x onerror=")
    assert book.browser.evaluate(f"{first}.querySelector('.answer strong').textContent") == "a car"
    assert book.browser.evaluate("window.hacked") is None
    folded = book.browser.evaluate(f"{first}.querySelector('.answer').offsetHeight")
    book.browser.evaluate(f"{first}.querySelector('.said > .more').click()")
    assert book.browser.evaluate(f"{first}.querySelector('.answer').offsetHeight") > folded


def test_what_is_selected_and_what_plays_is_left_alone(book: Notebook) -> None:
    """While rows come: the selection stays, a clip plays on, and one that was paused stays where it was."""
    words = "document.querySelector('.row .answer')"
    book.browser.evaluate(f"getSelection().selectAllChildren({words}); window.kept = {words}; true")
    for row in (0, 1):
        book.browser.evaluate(f"document.querySelectorAll('.row')[{row}].querySelectorAll('.picture')[1].click()")
    films = "document.querySelectorAll('.row video')"
    book.browser.wait_for(f"{films}.length === 2 && [...{films}].every((one) => one.readyState > 2)")
    book.browser.evaluate(f"window.films = [...{films}]; films[1].pause(); films[1].currentTime = 0.5; true")
    rows_more(book, 2)
    assert book.browser.evaluate("getSelection().toString()").strip().startswith("a car at")
    assert book.browser.evaluate("kept.isConnected && films.every((one) => one.isConnected)")
    assert book.browser.evaluate("[films[1].paused, films[1].currentTime]") == [True, 0.5]
    book.browser.wait_for("films[0].getVideoPlaybackQuality().totalVideoFrames > 0")


@pytest.mark.parametrize("width", [1200, 700, 420])
def test_nothing_is_wider_than_the_view(book: Notebook, width: int) -> None:
    """Also in a narrow window, where rows stand below each other; and its height stays."""
    height = book.browser.evaluate(HEIGHT)
    book.browser.resize(width)
    assert book.browser.evaluate(OVERFLOWS) == []
    assert book.browser.evaluate(HEIGHT) == height
    book.browser.resize(1200)


def test_a_dark_theme_is_seen(book: Notebook) -> None:
    """The view follows the page, and goes back with it."""
    dark = "document.querySelector('.rxvlm-live').classList.contains('dark')"
    assert not book.browser.evaluate(dark)
    for theme, is_dark in (("JupyterLab Dark", True), ("JupyterLab Light", False)):
        book.browser.evaluate(
            f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: {theme!r}}}); true"
        )
        book.browser.wait_for(f"{dark} === {str(is_dark).lower()}")


def test_a_pause_asks_nothing(book: Notebook) -> None:
    """The camera is watched meanwhile, its windows are skipped; then it goes on."""
    book.browser.evaluate(f"{button('Pause')}.click()")
    book.browser.wait_for(f"{HEADINGS}[0].startsWith('paused')")
    book.browser.wait_for("document.querySelector('.rxvlm-live .legend').textContent.includes('skipped')")
    book.browser.evaluate(f"{button('Go on')}.click()")
    book.browser.wait_for(f"{HEADINGS}[0].startsWith('running')")
    rows_more(book)


def test_a_page_that_is_loaded_again_goes_on(book: Notebook) -> None:
    """It has the rows of before, and new ones come. The file that was saved never says that the stream is running."""
    saved = book.save()
    rows = book.browser.evaluate(ROWS)
    (page,) = [one.data["text/html"] for one in saved.cells[1].outputs if one.data.get("text/html")]
    assert "as of " in page
    assert "running" not in page
    book.load()
    book.browser.wait_for(f"{ROWS} >= {min(rows, 24)}")
    book.browser.wait_for("document.querySelector('.rxvlm-live .heading-line').textContent.startsWith('running')")
    first = book.browser.evaluate("document.querySelector('.row').dataset.row")
    book.browser.wait_for(f"document.querySelector('.row').dataset.row > {first}")


def test_a_second_view_shows_the_same(book: Notebook) -> None:
    """``live`` as the last line of another cell; and that cell can be cleared without ending anything."""
    book.run(5)
    book.browser.wait_for(f"{HEADINGS}.length === 2 && {HEADINGS}.every((one) => one.startsWith('running'))")
    book.command("notebook:clear-cell-output", 5)
    book.browser.wait_for(f"{HEADINGS}.length === 1")
    rows_more(book, 0)
    assert book.printed("print(live.over)") == "False\n"


def test_a_cell_that_is_run_again_replaces_its_stream(book: Notebook) -> None:
    """One camera is open, and asked about, not two."""
    book.printed("before = live")
    book.run(1)
    book.browser.wait_for(f"{ROWS} > 0")
    assert book.printed("print(before.over, live.over)") == "True False\n"
    wait_until(lambda: book.printed("print(cameras())") == "1\n")
    assert book.browser.evaluate(f"{HEADINGS}.length") == 1


def test_stop_works_while_a_cell_waits(book: Notebook) -> None:
    """The kernel hears it beside the cell, which ends then."""
    book.start(2)
    book.browser.wait_for("document.querySelector('.jp-Notebook').textContent.includes('[*]')")
    book.browser.evaluate(f"{button('Stop')}.click()")
    book.browser.wait_for(f"{HEADINGS}[0].startsWith('stopped')")
    book.wait_idle()
    assert book.browser.evaluate(f"{button('Stop')}.checkVisibility()") is False
    wait_until(lambda: book.printed("print(cameras())") == "0\n")


def test_a_camera_that_is_away_says_why(book: Notebook) -> None:
    """In the view, and nowhere as a red line below it."""
    book.run(3)
    book.browser.wait_for(
        "document.querySelector('.rxvlm-live .trouble:not([hidden])')?.textContent.includes('waiting')"
    )
    outputs = book.save().cells[3].outputs
    assert [one.output_type for one in outputs] == ["display_data", "display_data"]
    book.command("notebook:clear-cell-output", 3)
    wait_until(lambda: book.printed("print(away.over)") == "True\n")


def test_many_cameras_have_a_row_each(book: Notebook) -> None:
    """With the newest answer of each; it unfolds, and a filter finds cameras. Deleting the cell ends it."""
    book.run(4)
    open_view = "document.querySelector('.rxvlm-live.many')"
    newest = f"[...{open_view}.querySelectorAll('.camera-head .newest')]"
    book.browser.wait_for(f"{open_view} && {newest}.filter((one) => one.textContent.includes('a car')).length === 2")
    rows = f"[...{open_view}.querySelectorAll('.row')].filter((one) => one.checkVisibility()).length"
    assert book.browser.evaluate(rows) == 0
    book.browser.evaluate(f"{open_view}.querySelector('.camera-head').click()")
    assert book.browser.evaluate(rows) > 0
    search = f"{open_view}.querySelector('.search')"
    book.browser.evaluate(f"{search}.value = 'yard'; {search}.dispatchEvent(new Event('input')); true")
    shown = f"[...{open_view}.querySelectorAll('.camera')].filter((one) => one.checkVisibility())"
    assert book.browser.evaluate(f"{shown}.map((one) => one.dataset.camera)") == ["yard"]
    book.command("notebook:delete-cell", 4)
    wait_until(lambda: book.printed("print(many.over, cameras())") == "True 0\n")


def test_without_its_kernel_the_file_is_read(book: Notebook) -> None:
    """What was saved stands where the view was, with the time of day, and no word of a model that is not found."""
    book.run(1)
    book.browser.wait_for(f"{ROWS} > 1")
    book.save()
    panel = "[...window.jupyterapp.shell.widgets('main')][0]"
    book.browser.evaluate(f"{panel}.sessionContext.shutdown().then(() => true)")
    book.load()
    seen: Any = book.browser.wait_for(
        "[...document.querySelectorAll('[data-rxvlm-saved]')].filter((one) => one.checkVisibility())"
        ".map((one) => one.textContent).find((text) => text.includes('as of '))"
    )
    assert "running" not in seen
    assert not book.browser.evaluate("document.querySelector('.jp-Notebook').innerText.includes('rror displaying')")
