"""The Python of the docs runs as it stands, and prints what the page says it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from conftest import WATCHDOG

from rxvlm.ledger.reasons import LossReason
from rxvlm.testing import FakeServer

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


_FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_code_of_pages_is_narrow() -> None:
    """No line of code is wider than 80 characters: more is cut in the column of a page. Outputs may be wider."""
    pages = {path: path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
    found = [(path, *block) for path, page in pages.items() for block in _FENCED.findall(page)]
    blocks = [(path, block) for path, language, block in found if language != "text"]
    assert blocks
    assert [(path.name, line) for path, block in blocks for line in block.split("\n") if len(line) > 80] == []


def test_the_page_on_missing_frames_has_each_reason() -> None:
    """Every reason that the ledger knows has its cause and its cure."""
    page = (DOCS / "how-to" / "missing_frames.md").read_text(encoding="utf-8")
    assert [reason for reason in get_args(LossReason) if f"`{reason}`" not in page] == []


def test_the_block_for_a_server_of_ones_own_works() -> None:
    """Asked of a server that speaks the protocol, and about a drawn camera, the block prints its answers."""
    page = (DOCS / "how-to" / "own_server.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    with FakeServer("A van stops.") as server:
        here = block.replace("http://gpu:8000/v1", server.openai_url)
        here = re.sub(r"rtsp://[^\"]+", "demo:gate?seconds=20", here)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", here], capture_output=True, text=True, timeout=WATCHDOG, check=False
        )
    assert done.stdout == "gate A van stops.\n" * 2, done.stderr
