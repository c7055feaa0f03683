"""The clips play in a browser. Needs Chromium; `.ci/run` installs it, elsewhere these are skipped."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import CHROMIUM, Browser
from conftest import WATCHDOG
from nbclient import NotebookClient

import rxvlm

if CHROMIUM is None and "RXVLM_NEEDS_BROWSER" not in os.environ:
    pytest.skip("no Chromium here", allow_module_level=True)

TO_THE_END = """
video => new Promise((resolve, reject) => {
    const fail = () => reject(new Error(video.error.message));
    video.onerror = fail;
    video.onended = () => resolve({width: video.videoWidth, height: video.videoHeight, duration: video.duration,
                                   shown: video.getVideoPlaybackQuality().totalVideoFrames, across: video.clientWidth});
    video.loop = false;
    video.playbackRate = 8;
    if (video.error) fail();
})
"""
NEW = """
(() => {
    const video = document.createElement("video");
    video.muted = video.autoplay = true;
    video.src = "data:video/mp4;base64,%s";
    document.body.append(video);
    return video;
})()
"""
CELLS = (
    "import rxvlm\nmodel = rxvlm.vlm_from(lambda clip, prompt: '')",
    "rxvlm.collect(rxvlm.watch('demo:yard?seconds=10', model, every=10.0))[0].clip",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


@pytest.mark.parametrize("source", ["demo:yard?seconds=10&width=641&height=361", "demo:gate?seconds=3&fps=2"])
def test_a_clip_plays(browser: Browser, source: str) -> None:
    """A clip plays to its end in Chromium, in its size and length."""
    model = rxvlm.vlm_from(lambda *_: "")
    (analysis,) = rxvlm.collect(rxvlm.watch(source, model, every=10.0))
    clip = analysis.clip
    assert isinstance(clip.data, bytes)
    played = browser.evaluate(f"({TO_THE_END})({NEW % base64.b64encode(clip.data).decode()})")
    assert (played["width"], played["height"]) == (clip.width, clip.height)
    assert played["duration"] == pytest.approx(clip.end - clip.start, abs=0.1)
    assert played["shown"] > 0


def test_a_clip_in_a_notebook_plays(browser: Browser, tmp_path: Path) -> None:
    """The player that a clip shows in a notebook begins by itself, and plays to its end."""
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=int(WATCHDOG), kernel_name="python3").execute()
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><body>{notebook.cells[-1].outputs[-1].data['text/html']}", encoding="utf-8")
    browser.open(page.as_uri())
    loaded = "new Promise(then => document.readyState == 'complete' ? then() : addEventListener('load', then))"
    played = browser.evaluate(f"{loaded}.then(() => document.querySelector('video')).then({TO_THE_END})")
    assert (played["width"], played["height"], played["across"]) == (640, 360, 480)
    assert played["duration"] == pytest.approx(10.0, abs=0.1)
    assert played["shown"] > 0
