"""The model on drawn scenes, whose truth is known: what it finds, what it misses, what it invents."""

from __future__ import annotations

import pytest
from models.vision.truth import MOMENTS, clip_of, empty_scene, judged

from rxvlm.models.opencv import opencv

LARGE = 0.004  # of the picture: an actor that covers more at two moments must be found


@pytest.mark.parametrize(("camera", "share", "inventions"), [("yard", 1.0, 0), ("gate", 0.9, 1), ("street", 0.8, 1)])
def test_finds_who_moves(camera: str, share: float, inventions: int) -> None:
    """It finds most actors that come, go and move by day, dusk, night and dawn, and invents hardly any."""
    verdict = judged(camera)
    events = len(verdict.hits) + len(verdict.misses)
    assert events >= 10
    assert len(verdict.hits) >= share * events, verdict.misses
    assert len(verdict.inventions) <= inventions, verdict.inventions
    assert [fact for fact in verdict.misses if fact[0] >= LARGE and fact[1] > 2] == []


@pytest.mark.parametrize("camera", ["yard", "gate", "street"])
def test_light_is_no_motion(camera: str) -> None:
    """Dusk, lamps that go on, night, dawn and the swaying tree of an empty scene are no motion."""
    vlm = opencv()
    for start in (10, 20, 30, 40, 80, 90, 100):  # the light goes, and comes
        times = [start + moment for moment in MOMENTS]
        piece = vlm.ask(clip_of([empty_scene(camera, 0, time) for time in times], times, camera), "").run()
        assert piece.value["regions"] == [], start
        assert piece.value["since"] is None or not piece.value["since"]["left"], start
        assert "otion" in piece.text, start
