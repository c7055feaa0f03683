"""A file whose cameras are watched by processes of Ray: what becomes of its models, its prompts and its clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import reactivex
from typer.testing import CliRunner

import rxvlm
from rxvlm.cli.app import app
from rxvlm.cluster import Recipe, recipe
from rxvlm.cluster.on_ray import _with_prompts_of_now, on_ray
from rxvlm.service.current_prompt import CurrentPrompt
from rxvlm.service.loading import Configuration

pytest.importorskip("ray", reason="Ray is not installed: pip install 'rxvlm[ray]'")

FILE = """
[cameras.yard]
uri = "demo:yard"
model = "first"
[cameras.gate]
uri = "demo:gate"
model = "opencv"
[models.first]
use = "openai:m@vllm"
requests_per_minute = 60
fallback = ["second", "opencv"]
[models.second]
use = "opencv"
max_concurrent = 2
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Configuration:
    path = tmp_path / "watch.toml"
    path.write_text(FILE, encoding="utf-8")
    return rxvlm.load(path)


def test_models_become_sections_with_what_they_fall_back_to(loaded: Configuration) -> None:
    """A camera's model is the section of the file, with the sections behind it; without one it is opencv."""
    cameras = on_ray(loaded).cameras
    section = {"use": "openai:m@vllm", "requests_per_minute": 60.0}
    second = {"use": "opencv", "max_concurrent": 2, "fallback": []}
    assert cameras["yard"].model == recipe({**section, "fallback": [second, "opencv"]})
    assert cameras["gate"].model == recipe("opencv")
    made = cameras["yard"].model
    assert isinstance(made, Recipe)
    assert made.make().name == "m or opencv or opencv"


def test_a_file_that_is_read_again_stays_on_ray(loaded: Configuration) -> None:
    """After a reload the cameras are recipes again, and equal: none of them is opened again."""
    placed = on_ray(loaded, "local")
    again = rxvlm.load(loaded.path, former=placed)
    assert again.cameras == placed.cameras
    assert again.placed is not None


def test_a_prompt_that_a_reload_changes_travels_as_it_is_now(loaded: Configuration) -> None:
    """A shard cannot hear of a change, so the text of this moment is sent."""
    prompt = CurrentPrompt("Who is there?")
    cameras = {"gate": replace(loaded.cameras["gate"], prompt=prompt)}
    assert _with_prompts_of_now(cameras)["gate"].prompt == "Who is there?"


@pytest.mark.parametrize(
    ("words", "address"),
    [(["--ray", "FILE"], "local"), (["FILE", "--ray"], "local"), (["FILE", "--ray", "a:1"], "a:1")],
)
def test_the_address_may_be_left_out(
    words: list[str], address: str, loaded: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--ray`` alone means this machine, wherever it stands."""
    asked: list[str] = []

    def on_ray_there(configuration: Configuration, address: str) -> Configuration:
        asked.append(address)
        return replace(configuration, watch=lambda *_, **__: reactivex.empty(), cameras={})

    monkeypatch.setattr("rxvlm.cluster.on_ray.on_ray", on_ray_there)
    line = ["run", "--no-door", *(str(loaded.path) if word == "FILE" else word for word in words)]
    ran = CliRunner().invoke(app, line)
    assert (ran.exit_code, asked) == (0, [address]), ran.output
