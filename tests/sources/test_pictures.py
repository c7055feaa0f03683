from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from film import card
from reactivex import Observable

from rxvlm.errors import NoVideoError
from rxvlm.sources import video

Hear = Callable[[Observable[Any]], Any]


def test_a_folder_of_pictures_is_a_film(hear: Hear, tmp_path: Path) -> None:
    """Pictures come by name, one a second, each in its own size; what is none is passed over."""
    for index, name in enumerate(["c.png", "a.png", "b.JPG"]):
        cv2.imwrite(str(tmp_path / name), card(index, 64 + 2 * index, 48))
    (tmp_path / "notes.txt").write_text("no picture")
    source = video(tmp_path, name="album")
    frames = hear(source).items
    assert not source.live
    assert [(frame.index, frame.time, frame.source) for frame in frames] == [
        (0, 0.0, "album"),
        (1, 1.0, "album"),
        (2, 2.0, "album"),
    ]
    assert [frame.shape for frame in frames] == [(48, 66, 3), (48, 68, 3), (48, 64, 3)]
    assert [frame.image.shape for frame in frames] == [frame.shape for frame in frames]
    assert np.array_equal(frames[0].image, card(1, 66, 48))
    assert frames[1].picture().width == 68


def test_a_damaged_picture_is_passed_over(hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the others come."""
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "b.jpg"), card(0, 64, 48))
    with caplog.at_level(logging.WARNING, "rxvlm"):
        assert len(hear(video(tmp_path)).items) == 1
    assert "a.jpg is passed over" in caplog.text


def test_a_folder_without_pictures_is_an_error(hear: Hear, tmp_path: Path) -> None:
    """Nothing to see is said at once."""
    (tmp_path / "notes.txt").write_text("no picture")
    assert isinstance(hear(video(tmp_path)).error, NoVideoError)
