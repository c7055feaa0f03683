"""The wheel is what people get: what it holds, and that it works where there is no checkout, no home and no root."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG

ROOT = Path(__file__).parent.parent
CLIP = ROOT / "notebooks" / "clips" / "cars.mp4"
NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
UNUSED = shutil.ignore_patterns("test", "site-packages", "__pycache__", "config-*", "idlelib", "*.a", "share")

if "RXVLM_NEEDS_WHEEL" not in os.environ:
    pytest.skip("it installs a wheel and all that it needs, from the network", allow_module_level=True)


@dataclass(frozen=True)
class Installed:
    """A wheel, and a place outside any checkout where it is installed.

    Attributes:
        wheel: The wheel.
        bin: The folder of its commands.
        empty: A folder with nothing in it, which the user may not write into.
        clip: A film that everybody may read.
    """

    wheel: Path
    bin: Path
    empty: Path
    clip: Path

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command from the empty folder, as another user than root, without a home."""
        return subprocess.Popen(
            [str(self.bin / command[0]), *command[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.empty,
            env={"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(self.wheel.parent / "python" / "lib")},
            **NOBODY,
        )


def _python_for_all(where: Path) -> Path:
    """Return an interpreter that every user may run: a copy of this one, which may lie in root's own folder."""
    home = where / "python"
    shutil.copytree(sys.base_prefix, home, ignore=UNUSED, symlinks=True)
    return home / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """Build the wheel once, and install it as a user would."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are for one user only
        where = Path(folder)
        where.chmod(0o755)
        (where / "empty").mkdir(mode=0o755)
        run = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)]
        subprocess.run(run, check=True)
        (wheel,) = where.glob("rxvlm-*.whl")
        subprocess.run([str(_python_for_all(where)), "-m", "venv", str(where / "venv")], check=True)
        subprocess.run([str(where / "venv/bin/python"), "-m", "pip", "install", "--quiet", str(wheel)], check=True)
        shutil.copy(CLIP, where / "cars.mp4")
        yield Installed(wheel, where / "venv/bin", where / "empty", where / "cars.mp4")


@pytest.mark.timeout(300)
def test_it_holds_the_package_alone(installed: Installed) -> None:
    """The types' marker and the scripts of the live view are in it; tests, notebooks and clips are not."""
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    assert "rxvlm/py.typed" in names
    live = ("parts.js", "row.js", "camera.js", "view.js", "view.css")
    assert {f"rxvlm/notebook/live/{part}" for part in live} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"rxvlm"}
    assert not [name for name in names if name.endswith((".ipynb", ".mp4")) or Path(name).name.startswith("test_")]


@pytest.mark.parametrize("command", [["rxvlm"], ["python", "-m", "rxvlm"]], ids=["script", "module"])
def test_a_clip_is_watched(installed: Installed, command: list[str]) -> None:
    """A real clip gives an answer for each ten seconds, and nothing is written anywhere."""
    out, errors = installed.start(*command, "watch", str(installed.clip), "--json").communicate(timeout=WATCHDOG)
    answers = [json.loads(line) for line in out.splitlines()]
    assert errors == "cars: playing\ncars: ended\n", errors
    assert [answer["error"] for answer in answers] == [None] * 3  # not about the 0.08 s at its end
    assert not list(installed.empty.iterdir())


def test_the_demo_runs(installed: Installed) -> None:
    """``rxvlm demo`` answers, and ends at Ctrl-C."""
    with installed.start("rxvlm", "demo", "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["text"]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=WATCHDOG)
    assert process.returncode == 130
    assert "all accounted for" in errors


def test_the_versions_are_those_of_the_installation(installed: Installed) -> None:
    """``rxvlm --version --verbose`` works there too."""
    out, _ = installed.start("rxvlm", "--version", "--verbose").communicate(timeout=WATCHDOG)
    assert str(installed.bin) in out
    assert "unknown" not in out
