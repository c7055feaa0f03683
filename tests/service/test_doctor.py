"""The doctor: what it finds of models, cameras and the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxvlm.service.configuration.models import Models
from rxvlm.service.configuration.words import FileWords
from rxvlm.service.doctor.cameras import look_at_cameras
from rxvlm.service.doctor.finding import Finding
from rxvlm.service.doctor.machine import look_at_machine
from rxvlm.service.doctor.models import letter_clip, look_at_models
from rxvlm.service.loading import load
from rxvlm.testing import FakeServer

CLIP = Path(__file__).parents[2] / "notebooks" / "clips" / "cars.mp4"


def models_of(folder: Path, server: FakeServer) -> Models:
    path = folder / "watch.toml"
    path.write_text(
        f'[cameras.yard]\nuri = "demo:yard"\n[models.m]\nuse = "vllm:x@{server.openai_url}"\nretry = false\n'
    )
    return load(path).models


@pytest.mark.parametrize(
    ("answer", "found", "advice"),
    [
        ("10", "knows the times of the video", ""),
        ("At 10.0 seconds.", "knows the times of the video", ""),
        ("5", "takes 5 s for what happens at 10 s", "its server takes pictures to be 1 s apart"),
        ("31", "takes 31 s for what happens at 10 s", "do not rely on times"),
        ("I see letters.", "but no number: 'I see letters.'", "ask it yourself"),
    ],
)
def test_what_a_model_says_of_times(answer: str, found: str, advice: str, tmp_path: Path) -> None:
    """A clip of letters that come every 2 s tells whether the server passes the times on."""
    with FakeServer(answer) as server:
        finding = next(look_at_models(models_of(tmp_path, server)))
    assert finding.what == "model m"
    assert found in finding.found
    assert finding.advice.startswith(advice)
    assert bool(finding.advice) == bool(advice)


def test_a_model_that_cannot_be_reached(tmp_path: Path) -> None:
    """It says so, and what to look at."""
    with FakeServer() as server:
        models = models_of(tmp_path, server)
    finding = next(look_at_models(models))
    assert finding.found.startswith("no answer: ")
    assert finding.advice


def test_the_clip_of_letters() -> None:
    """Its pictures lie 2 s apart, so that a server that takes them for 1 s apart is found out."""
    assert letter_clip().times == (0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0)


def test_cameras_are_looked_at(tmp_path: Path) -> None:
    """What they send; and of one that is not there, what to try."""
    path = tmp_path / "watch.toml"
    path.write_text(
        f'[cameras.film]\nuri = "{CLIP}"\n[cameras.drawn]\nuri = "demo:yard"\n[cameras.none]\nuri = "none.mp4"\n'
    )
    film, drawn, none = look_at_cameras(load(path).cameras)
    assert film.found.startswith("h264, ")
    assert drawn == Finding("camera drawn", "demo:yard: of the kind demo, not looked at")
    assert "none.mp4" in none.found
    assert none.advice.startswith("check its address")


def test_too_little_disk_is_something_to_do(tmp_path: Path) -> None:
    """And the advice names the word in the file."""
    words = FileWords.model_validate({"store": {"path": "a.db", "keep_bytes": 1e18}})
    advice = {one.what: one.advice for one in look_at_machine(words, tmp_path)}
    assert advice[f"disk of {tmp_path}"].startswith("lower `keep_bytes` of [store] below ")
    assert not any(said for what, said in advice.items() if not what.startswith("disk"))
