"""Cameras on a real Ray: processes that are killed while they watch.

Ray takes long to start, so these tests run where ``RXVLM_NEEDS_RAY=1`` asks for them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CLIP = Path(__file__).parents[2] / "notebooks" / "clips" / "cars.mp4"
PARTS = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.skipif(os.environ.get("RXVLM_NEEDS_RAY") != "1", reason="RXVLM_NEEDS_RAY=1 runs these tests"),
    pytest.mark.timeout(600),
]


def run(script: str, *arguments: object) -> str:
    """Run a script of tests/cluster/scripts in a process of its own, since it sends signals; return its last line.

    Ray prints lines of its own before it.
    """
    path = Path(__file__).parent / "scripts" / f"{script}.py"
    environment = os.environ | {"PYTHONPATH": str(PARTS), "RAY_DISABLE_IMPORT_WARNING": "1"}
    command = [sys.executable, str(path), *map(str, arguments)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=500)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()[-1]


def test_a_shard_is_killed_and_each_window_of_two_films_comes_once() -> None:
    """Two films in two processes, one of which is killed: no window is missing, none comes twice."""
    assert run("kill_a_shard", CLIP) == "31 windows of each film, each once; moved: 1"
