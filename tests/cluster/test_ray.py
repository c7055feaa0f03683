"""Cameras on a real Ray: processes that are killed while they watch.

Ray takes long to start, so these tests run where ``RXVLM_NEEDS_RAY`` asks for them: 1 for the first, all for
all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CLIP = Path(__file__).parents[2] / "notebooks" / "clips" / "cars.mp4"
PARTS = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.skipif(not os.environ.get("RXVLM_NEEDS_RAY"), reason="RXVLM_NEEDS_RAY=1 runs these tests"),
    pytest.mark.timeout(600),
]


def run(script: str, *arguments: object) -> str:
    """Run a script of tests/cluster/scripts in a process of its own, since it sends signals; return its last line.

    Ray prints lines of its own before it.
    """
    path = Path(__file__).parent / "scripts" / f"{script}.py"
    environment = os.environ | {"PYTHONPATH": str(PARTS), "RAY_DISABLE_IMPORT_WARNING": "1"}
    command = [sys.executable, str(path), *map(str, arguments)]
    ran = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, timeout=500, start_new_session=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()[-1]


def test_a_shard_is_killed_and_each_window_of_two_films_comes_once() -> None:
    """Two films in two processes, one of which is killed: no window is missing, none comes twice."""
    assert run("kill_a_shard", CLIP) == "each window of each film once"


needs_all = pytest.mark.skipif(
    os.environ.get("RXVLM_NEEDS_RAY") != "all", reason="RXVLM_NEEDS_RAY=all runs these tests"
)


@needs_all
def test_the_keeper_of_limits_is_killed() -> None:
    """It is started again: both films go on, and every window was asked about."""
    assert run("kill_the_keeper", CLIP) == "each window of each film once"


@needs_all
@pytest.mark.parametrize("what", ["kill", "stop"])
def test_a_machine_is_lost(what: str) -> None:
    """Its film and its camera go on at another one, whether it is dead, or only sleeps and wakes again."""
    assert run("lose_a_machine", CLIP, what) == "each window of the film once, and none of the camera twice"


@needs_all
def test_shards_end_with_their_driver() -> None:
    """When the process that subscribed is killed, none of its shards is left."""
    assert run("lose_the_driver") == "no shard is left"


@needs_all
def test_two_hundred_windows_of_two_films_and_a_camera(films: Callable[[str], Path]) -> None:
    """Two shards are killed meanwhile: no window comes twice, and only the camera misses some, while it moves."""
    ran = run("two_hundred", CLIP, films("h264-camera"))
    assert ran == "200 windows: none twice, none of the films missing"
