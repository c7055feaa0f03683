"""The drawn cameras as sources."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import WATCHDOG
from reactivex import Observable

from rxvlm.errors import UriError
from rxvlm.frame import Frame
from rxvlm.sources import video

pytestmark = pytest.mark.usefixtures("no_threads_left")
Hear = Callable[[Observable[Any]], Any]


def test_a_drawn_film_ends(hear: Hear) -> None:
    """With a length it is a file: it ends, plays at full speed, and was captured at no time."""
    source = video("demo:yard?seconds=3&fps=5&width=160&height=90")
    heard = hear(source)
    assert heard.ended
    assert not source.live
    assert [frame.time for frame in heard.items] == [index / 5 for index in range(15)]
    assert {(frame.shape, frame.captured, frame.source) for frame in heard.items} == {((90, 160, 3), None, "yard")}
    assert heard.items[7].image.shape == (90, 160, 3)
    assert not heard.items[7].image.flags.writeable


def test_a_drawn_film_is_the_same_again(hear: Hear) -> None:
    """One seed draws one film, bit for bit; another seed another."""
    first, again, other = (
        hear(video(f"demo:gate?seconds=2&fps=5&width=160&height=90&seed={seed}")).items for seed in (1, 1, 2)
    )
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(first, other, strict=True))


def test_a_drawn_camera_is_live() -> None:
    """Without a length it goes on by the clock, captured as it is drawn, until disposed of."""
    frames: list[Frame] = []
    third = threading.Event()

    def on_next(frame: Frame) -> None:
        frames.append(frame)
        if len(frames) == 3:
            third.set()

    source = video("demo:street?fps=50&width=160&height=90")
    subscription = source.subscribe(on_next)
    assert third.wait(WATCHDOG)
    subscription.dispose()
    assert source.live
    captured = [frame.captured or 0.0 for frame in frames]
    assert captured == sorted(captured)
    assert captured[0] > 1.7e9
    assert source.ledger.snapshot().reason == "disposed"


def test_encoders_get_the_drawing(hear: Hear) -> None:
    """What PyAV is given is what is drawn."""
    frame = hear(video("demo:yard?seconds=1&fps=1&width=160&height=90")).items[0]
    assert np.array_equal(frame.picture().to_ndarray(), frame.image)


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("demo:attic", r"there are demo:yard, demo:gate, demo:street"),
        ("demo:", r"there are demo:yard"),
        ("demo:yard?seconds=soon", r"seconds.*settings: seconds, fps"),
        ("demo:yard?seconds=0", "seconds"),
        ("demo:yard?colour=red", r"colour.*settings: seconds, fps"),
    ],
)
def test_what_cannot_be_drawn_is_refused(uri: str, says: str) -> None:
    """An unknown camera or setting is an error at once that names those there are."""
    with pytest.raises(UriError, match=says):
        video(uri)
