"""The Python of the docs runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WATCHDOG

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {
    path.name: re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL) for path in DOCS.glob("*.md")
}


@pytest.mark.parametrize("page", sorted(name for name, blocks in PAGES.items() if blocks))
def test_the_python_of_a_page_runs(page: str) -> None:
    """Its blocks, one after another, raise nothing; warnings are errors."""
    code = "\n".join(PAGES[page])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr


def test_there_is_something_to_run() -> None:
    """The page on testing has blocks, so that a broken pattern is found."""
    assert len(PAGES["testing.md"]) > 5
