from __future__ import annotations

import io
from typing import Any, cast

import av
import numpy as np
import pytest
from film import card

from rxvlm import jpeg, mp4
from rxvlm.errors import DecodeError
from rxvlm.picture import Still, fitted


def encoded(times: list[float], size: tuple[int, int] = (64, 48), **how: Any) -> bytes:
    shown = ((time, Still(card(i, *size)).picture()) for i, time in enumerate(times))
    return mp4.encode(shown, size=mp4.even(*size), **how)


def test_times_are_true() -> None:
    """Uneven times come out as they went in, the first at 0."""
    times = [5.0, 5.04, 6.5, 6.51, 9.0]
    out = [picture.time for picture in mp4.decode(encoded(times))]
    assert out == pytest.approx([time - 5.0 for time in times], abs=1e-4)


def test_equal_times_are_parted() -> None:
    """Two pictures of one moment are both there."""
    assert len(list(mp4.decode(encoded([1.0, 1.0, 1.0, 2.0])))) == 4


def test_the_last_picture_stands_as_long_as_asked() -> None:
    """The film's length is that of its window."""
    with av.open(io.BytesIO(encoded([0.0, 2.0, 4.0], end=10.0)), "r") as container:
        assert cast("int", container.duration) / 1e6 == pytest.approx(10.0, abs=1e-3)


def test_it_is_what_browsers_play() -> None:
    """H.264 yuv420p, its index before its pictures, the first a key frame."""
    data = encoded([index / 10 for index in range(300)])
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    with av.open(io.BytesIO(data), "r") as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert next(container.demux(video=0)).is_keyframe


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (17, 33), (641, 361)])
def test_odd_sizes_are_made_even(size: tuple[int, int]) -> None:
    """Any size gives a film, of even sides."""
    pictures = list(mp4.decode(encoded([0.0, 1.0], size)))
    assert [(picture.width, picture.height) for picture in pictures] == [mp4.even(*size)] * 2


def test_somebody_elses_picture_is_not_stamped() -> None:
    """A picture that is of the right form already is encoded with its own timestamp left alone."""
    picture = fitted(Still(card(0, 64, 48)).picture(), (64, 48), "yuv420p")
    picture.pts = 12345
    mp4.encode([(0.0, picture), (1.0, picture)], size=(64, 48))
    assert picture.pts == 12345


def test_pictures_are_kept_well() -> None:
    """What comes out looks like what went in."""
    for index, picture in enumerate(mp4.decode(encoded([0.0, 1.0, 2.0], (320, 240), crf=18))):
        out = picture.to_ndarray(format="bgr24").astype(int)
        assert np.abs(out - card(index, 320, 240)).mean() < 12


@pytest.mark.parametrize("data", [b"", b"no film", encoded([0.0])[:200]])
def test_no_film_is_a_decode_error(data: bytes) -> None:
    """Bytes that are no film are our error, not FFmpeg's."""
    with pytest.raises(DecodeError):
        list(mp4.decode(data))


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_no_jpeg_is_a_decode_error(data: bytes) -> None:
    """Bytes that are no JPEG are our error."""
    with pytest.raises(DecodeError):
        jpeg.decode(data)


def test_a_jpeg_shows_its_picture() -> None:
    """A JPEG comes back in its size, nearly as it was."""
    image = card(4, 320, 240)
    again = jpeg.decode(jpeg.encode(image, 95))
    assert again.shape == image.shape
    assert np.abs(again.astype(int) - image).mean() < 12
