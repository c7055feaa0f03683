"""The recipes of the cookbook are short, hold under strict, and run on a film and on a live camera."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WATCHDOG

ROOT = Path(__file__).parent.parent
RECIPES = {
    path.stem: re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)[0]
    for path in sorted((ROOT / "docs" / "cookbook").glob("*.md"))
}
PIPELINES = ("many_questions", "when_something_moves", "around_a_trigger", "two_models", "database", "alert_once")
TYPED = [name for name in RECIPES if name not in ("pandas", "who_came_when")]  # those are typed in part
MOST_LINES = 15
A_FEW = """import rxvlm.watching.collect as home
whole = home.collect
home.collect = lambda stream, n=None: whole(stream, n or 1)  # a camera never ends
"""


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_short(name: str) -> None:
    """It has at most 15 lines of code, imports included."""
    assert len([line for line in RECIPES[name].splitlines() if line.strip()]) <= MOST_LINES


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_its_picture(name: str) -> None:
    """A marble diagram, or a picture, stands above the code."""
    above = (ROOT / "docs" / "cookbook" / f"{name}.md").read_text(encoding="utf-8").partition("```python")[0]
    assert "```\n" in above or "![" in above


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_in_the_navigation(name: str) -> None:
    """The site lists it."""
    assert f"cookbook/{name}.md" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


def test_the_pipelines_hold_under_strict(tmp_path: Path) -> None:
    """Pyright finds nothing to say against all that use typed packages alone, and there is no ignore in them."""
    pytest.importorskip("pyright", reason="types are checked where the extra `lint` is installed")
    for name in TYPED:
        assert "ignore" not in RECIPES[name]
        (tmp_path / f"{name}.py").write_text(RECIPES[name], encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "pythonVersion": "3.11"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * WATCHDOG, check=False)
    said = json.loads(done.stdout)
    assert (said["generalDiagnostics"], said["summary"]["filesAnalyzed"]) == ([], len(TYPED))


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_runs_on_a_live_camera(name: str, tmp_path: Path) -> None:
    """With a drawn camera in place of the film, and shorter windows, it gives its first answer."""
    code = re.sub(r"\?seconds=\d+", "", RECIPES[name])
    code = re.sub(r"(every=|buffer_by_time\()[\d.]+", r"\g<1>1.0", code)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", A_FEW + code],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
