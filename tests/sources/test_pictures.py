from __future__ import annotations

import logging
import zlib
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
    assert "a.jpg is left out" in caplog.text


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp", "tif"])
@pytest.mark.parametrize(("max_pixels", "count"), [(64 * 48, 1), (64 * 48 - 1, 0), (1 << 40, 1)])
def test_pictures_are_bounded_in_pixels(
    hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, max_pixels: int, count: int
) -> None:
    """A picture with more pixels is left out before it is decoded; the log names the bound and the parameter."""
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), card(0, 64, 48))
    assert len(hear(video(tmp_path, max_pixels=max_pixels)).items) == count
    assert ("pixels (max_pixels)" in caplog.text) == (not count)


@pytest.mark.parametrize("side", [8192, 16384])
def test_a_bomb_is_left_out(hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture, side: int) -> None:
    """A PNG of a few kilobytes that has more pixels than the bound, or than FFmpeg reads, is not decoded."""
    header = b"IHDR" + side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    rows = b"IDAT" + zlib.compress(bytes((3 * side + 1) * 8))  # more rows are not needed for the size
    data = b"\x89PNG\r\n\x1a\n"
    for chunk in (header, rows, b"IEND"):
        data += (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data)
    cv2.imwrite(str(tmp_path / "b.png"), card(0, 64, 48))
    assert [frame.shape for frame in hear(video(tmp_path)).items] == [(48, 64, 3)]
    assert "a.png is left out: it has more than 64 million pixels (max_pixels)" in caplog.text


def test_a_folder_without_pictures_is_an_error(hear: Hear, tmp_path: Path) -> None:
    """Nothing to see is said at once."""
    (tmp_path / "notes.txt").write_text("no picture")
    assert isinstance(hear(video(tmp_path)).error, NoVideoError)


def test_exif_turns_shape_and_picture_alike(hear: Hear, tmp_path: Path) -> None:
    """A JPEG that says that it lies on its side is set upright, and its shape is that of the picture."""
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    plain = cv2.imencode(".jpg", card(0, 64, 48))[1].tobytes()
    exif = b"Exif\x00\x00" + tiff
    (tmp_path / "a.jpg").write_bytes(plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:])
    (frame,) = hear(video(tmp_path)).items
    assert frame.shape == frame.image.shape == (64, 48, 3)


def test_what_lies_beside_the_pictures_is_said_once(
    hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Films and notes in a folder of pictures are left out, with one line."""
    cv2.imwrite(str(tmp_path / "a.jpg"), card(0, 64, 48))
    for name in ("b.mp4", "c.txt", ".hidden"):
        (tmp_path / name).write_text("x")
    assert len(hear(video(tmp_path)).items) == 1
    (record,) = caplog.records
    assert "b.mp4, c.txt" in record.getMessage()
    assert "hidden" not in record.getMessage()


def test_a_folder_of_films_says_how_to_watch_them(hear: Hear, tmp_path: Path) -> None:
    """A folder of films is an error with the command that watches each."""
    for name in ("a.mp4", "b.MKV"):
        (tmp_path / name).write_text("x")
    error = hear(video(tmp_path)).error
    assert isinstance(error, NoVideoError)
    assert f"rxvlm watch {tmp_path}/*.MKV {tmp_path}/*.mp4" in str(error)


@pytest.mark.parametrize("in_folder", [True, False])
def test_an_animated_webp_says_what_it_is(
    hear: Hear,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    in_folder: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    """FFmpeg cannot decode animated WebP: that is said, and what to do."""
    path = tmp_path / "a.webp"
    path.write_bytes(b"RIFF\x40\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02" + bytes(50))
    error = hear(video(tmp_path if in_folder else path)).error
    assert isinstance(error, NoVideoError)
    assert "animated WebP" in (caplog.text if in_folder else str(error))
    assert "magick" in (caplog.text if in_folder else str(error))
