"""Take pictures of values in a notebook for the docs: ``python docs/pictures/values.py``.

A list of answers, wide in the light theme, and narrow in the dark one. It needs what ``notebooks.py`` needs.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from notebooks import NOTEBOOKS, keep, picture_of

CELL = """import rxvlm

said = {
    0.0: "The road is empty.",
    5.0: "A **white van** drives up, away from the camera.",
    10.0: "Nothing moves.",
    15.0: "Two cars, in this order:\\n\\n1. a white one\\n2. a red one",
}
model = rxvlm.vlm_from(lambda clip, prompt: said[clip.start], name="scripted")
stream = rxvlm.watch("clips/cars.mp4", model, every=5.0, prompt="Which cars pass?")
rxvlm.collect(stream, 4)"""
PICTURES = {"values-light": ("light", 860), "values-dark": ("dark", 480)}
"""The theme, and the width in pixels, by the name of the picture."""


def main() -> None:
    """Take both pictures."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": NOTEBOOKS}}).execute()
    with TemporaryDirectory() as work:
        for name, (theme, across) in PICTURES.items():
            page = HTMLExporter(theme=theme).from_notebook_node(notebook)[0]
            keep(picture_of(page, Path(work), across), name)


if __name__ == "__main__":
    main()
