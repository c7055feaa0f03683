"""What the package of tools for tests loads, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rxvlm.testing

HEAVY = ["cv2", "av", "numpy", "reactivex", "httpx", "dashscope", "requests", "pydantic"]


def loaded_by(statement: str) -> str:
    code = f"import sys; {statement}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "statement",
    [
        "import rxvlm.testing",
        "from rxvlm.testing import FakeServer, Reply, Request",
        "import rxvlm.testing.server.__main__",  # what `python -m rxvlm.testing.server` runs
    ],
)
def test_the_fake_server_loads_nothing_heavy(statement: str) -> None:
    """A test of a client, or a server run by hand, loads neither OpenCV nor PyAV, nor anything else that takes time."""
    assert loaded_by(statement) == "[]"


def test_what_is_heavy_is_found() -> None:
    """The check above sees what the frames load."""
    assert "numpy" in loaded_by("from rxvlm.testing import frames_at")


def test_every_name_is_the_one_of_its_module() -> None:
    """Each listed name can be had, and no submodule stands in its place."""
    for name in rxvlm.testing.__all__:
        assert getattr(rxvlm.testing, name).__class__.__name__ != "module", name
    assert sorted(rxvlm.testing._HOME_OF) == sorted(rxvlm.testing.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not there fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'playy'"):
        _ = rxvlm.testing.playy
