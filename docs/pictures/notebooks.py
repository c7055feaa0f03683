"""Take pictures of the notebooks for the docs: ``python docs/pictures/notebooks.py [NUMBER|stream ...]``.

Each notebook is executed in a copy, without keys. A headless Chromium without a network then takes pictures of its
page: the whole page, and its most interesting part, this in light and in dark. It needs the extra ``notebook``, and
Chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import nbformat
import numpy as np
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parent.parent / "notebooks"
WIDTH, MOST_HEIGHT = 860, 16_000  # pixels; Chromium cannot draw a higher page
MOST_BYTES = 250_000
MARGIN = 24  # pixels below the last content
# A picture cannot be scrolled, so long lines are wrapped.
WRAP = "<style>pre { white-space: pre-wrap !important; word-break: normal !important }</style>"
PARTS = {
    "01": "# First answers",
    "02": "## The same, by picture",
    "03": "## Side by side",
    "04": "## Drawn into the picture",
    "05": "## A sampler",
    "06": "## Three cameras, live",
    "07": "## The time line",
    "08": "## Why?",
}
"""The heading of the most interesting part, by the number of the notebook."""
STREAM = """import rxvlm
from rxvlm import operators as rxo

frames = rxvlm.video("clips/cars.mp4").pipe(rxo.thin_to_rate(5))
rxvlm.watch(frames, rxvlm.models.opencv(), prompt="Which cars pass?")"""
"""A cell that shows a stream which nothing has subscribed to."""


def main(chosen: Sequence[str] = ()) -> None:
    """Take the pictures of some notebooks, or of all."""
    for name in [name for name in os.environ if name.endswith("_KEY")]:
        del os.environ[name]
    with TemporaryDirectory() as work:
        folder = Path(shutil.copytree(NOTEBOOKS, Path(work, "notebooks")))
        if not chosen or "stream" in chosen:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(STREAM)])
            NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
            keep(photograph(notebook, Path(work)), "stream")
        for number in [name for name in chosen if name != "stream"] or ([] if chosen else PARTS):
            (path,) = folder.glob(f"{number}_*.ipynb")
            notebook = nbformat.read(path, as_version=4)
            NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
            keep(photograph(notebook, Path(work)), f"notebook-{number}")
            shown = part(notebook, PARTS[number])
            keep(photograph(shown, Path(work)), f"notebook-{number}-part")
            keep(photograph(shown, Path(work), theme="dark"), f"notebook-{number}-part-dark")


def part(notebook: NotebookNode, heading: str) -> NotebookNode:
    """Return the cells from a heading to the next."""
    words = [cell.source if cell.cell_type == "markdown" else "" for cell in notebook.cells]
    (first,) = (at for at, text in enumerate(words) if text.startswith(f"{heading}\n"))
    last = next((at for at, text in enumerate(words) if at > first and re.search("^#", text, re.MULTILINE)), None)
    return NotebookNode(notebook, cells=notebook.cells[first:last])


def photograph(notebook: NotebookNode, folder: Path, theme: str = "light") -> np.ndarray:
    """Return a picture of a notebook's page, BGR ``uint8`` (height, width, 3), in a theme of JupyterLab."""
    return picture_of(HTMLExporter(theme=theme).from_notebook_node(notebook)[0], folder)


def picture_of(html: str, folder: Path, across: int = WIDTH) -> np.ndarray:
    """Return a picture of a page, BGR ``uint8`` (height, width, 3), down to its last content.

    Args:
        html: The page.
        folder: Where files may be written.
        across: Its width in pixels.
    """
    page, picture = folder / "page.html", folder / "page.png"
    page.write_text(html + WRAP, encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "google-chrome"
    flags = "--headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=8000"
    subprocess.run(  # noqa: S603 - a browser with a page that was made here
        [
            *(chromium, *flags.split(), f"--user-data-dir={folder / 'profile'}"),
            "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing from the network is needed
            *(f"--window-size={across},{MOST_HEIGHT}", f"--screenshot={picture}", page.as_uri()),
        ],
        check=True,
        capture_output=True,
    )
    image = cv2.imread(str(picture))
    end = np.flatnonzero((image != image[-1, -1]).any(axis=(1, 2)))[-1] + MARGIN
    if end > MOST_HEIGHT:
        raise ValueError(f"the page is more than {MOST_HEIGHT} pixels high")
    return image[:end]


def keep(image: np.ndarray, name: str) -> None:
    """Write a picture as WebP, with the best quality that fits into `MOST_BYTES`."""
    for quality in range(90, 20, -10):
        data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1]
        if len(data) <= MOST_BYTES:
            break
    (HERE / f"{name}.webp").write_bytes(data)
    print(f"{name}: {image.shape[1]}x{image.shape[0]}, {len(data) // 1000} kB, quality {quality}")  # noqa: T201 - the report of this script


if __name__ == "__main__":
    main(sys.argv[1:])
