"""The manual, built once, and a browser that reads it over HTTP as a reader does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser
from conftest import WATCHDOG

ROOT = Path(__file__).parent.parent.parent
BUILD_SECONDS = 8 * WATCHDOG
"""A watchdog of the build, which takes ten seconds alone on a machine."""
HAS_DOCS = find_spec("mkdocs") is not None or "RXVLM_NEEDS_DOCS" in os.environ
HAS_BROWSER = CHROMIUM is not None or "RXVLM_NEEDS_BROWSER" in os.environ


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test wait for the build, since any of them may be the first."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(BUILD_SECONDS + 2 * WATCHDOG))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Build the manual; return where it is, and what the build reported: `test_built` looks for warnings in it."""
    if not HAS_DOCS:
        pytest.skip("no mkdocs here")
    folder = tmp_path_factory.mktemp("manual")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert (folder / "sitemap.xml").exists(), done.stderr
    return folder, done.stderr


@pytest.fixture(scope="session")
def site(built: tuple[Path, str]) -> Path:
    """The folder of the built manual."""
    return built[0]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class has
        """Log nothing."""


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address at which the manual is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(WATCHDOG)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium."""
    if not HAS_BROWSER:
        pytest.skip("no Chromium here")
    opened = Browser(tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()
