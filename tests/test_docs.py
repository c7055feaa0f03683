"""The Python of the docs runs as it stands, and prints what the page says it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WATCHDOG

DOCS = Path(__file__).parent.parent / "docs"
_BLOCK = re.compile(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)
_MARK = "<end of block>"
PAGES = {
    str(path.relative_to(DOCS)): _BLOCK.findall(path.read_text(encoding="utf-8")) for path in sorted(DOCS.rglob("*.md"))
}


@pytest.mark.parametrize("page", [name for name, blocks in PAGES.items() if blocks])
def test_the_python_of_a_page_runs(page: str, tmp_path: Path) -> None:
    """The blocks, one after another, raise no error and no warning; text after a block is its exact output."""
    code = "\n".join(f"{block}\nprint({_MARK!r})" for block, _ in PAGES[page])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{_MARK}\n")
    for (block, text), output in zip(PAGES[page], printed, strict=False):
        assert not text or output == text, block


def test_there_is_something_to_run() -> None:
    """The page on testing has blocks, so that a wrong pattern is noticed."""
    assert len(PAGES["testing.md"]) > 5
    assert any(text for blocks in PAGES.values() for _, text in blocks)
