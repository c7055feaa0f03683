"""The notebooks, run top to bottom: no key, no network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

# Of the kernel, in MB. ``ru_maxrss`` would begin with what the process was that started it.
PEAK = "print(next(int(row.split()[1]) // 1024 for row in open('/proc/self/status') if row.startswith('VmHWM')))"


def test_they_are_numbered() -> None:
    """The notebooks are in the order in which they are read."""
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, len(NOTEBOOKS) + 1)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.timeout(300)
def test_a_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs, within 500 MB, and nothing is written to stderr, on a machine without keys."""
    for name in os.environ:
        if name.endswith("_KEY"):
            monkeypatch.delenv(name)
    notebook: Any = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert int(outputs.pop().text) < 500, "megabytes"
    assert [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    """The file has no outputs, so that its changes can be read."""
    notebook: Any = nbformat.read(path, as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
