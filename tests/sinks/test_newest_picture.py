"""The newest picture of a clip, as sinks pass it on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from telling import CLIP, JPEG, answer, event

from rxvlm import collect, video
from rxvlm import operators as rxo
from rxvlm.media import jpeg
from rxvlm.sinks.newest_picture import newest_picture


def test_of_pictures_it_is_the_last() -> None:
    """Byte for byte, of an answer as of the event that it caused."""
    assert newest_picture(answer()) == newest_picture(event()) == JPEG


def test_of_a_film_it_is_the_last_frame() -> None:
    """As a JPEG of the size that is shown."""
    stream = video("demo:gate?seconds=4&fps=4&width=320&height=180").pipe(rxo.buffer_by_time(4.0), rxo.encode_mp4())
    (clip,) = collect(stream)
    picture = newest_picture(answer(clip=clip))
    assert picture is not None
    got, frames = jpeg.decode(picture).astype(int), [frame.astype(int) for frame in clip.images()]
    assert got.shape == (180, 320, 3)
    distances = [float(np.abs(got - frame).mean()) for frame in frames]
    assert min(distances) == distances[-1] < 4


def test_there_may_be_none() -> None:
    """Of an event about the system, of a clip without its bytes, of one that is damaged."""
    assert newest_picture(event(analysis=None)) is None
    assert newest_picture(answer(clip=replace(CLIP, data=None))) is None
    assert newest_picture(answer(clip=replace(CLIP, data=b"no film", media_type="video/mp4"))) is None
