"""What tests of models share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Hide the machine's own keys, settings and proxies from clients; give the home folder that they see."""
    for name in list(os.environ):
        if name.upper().startswith("DASHSCOPE_") or name.upper().endswith("_PROXY") or name == "NETRC":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOME", str(home))
    return home
