"""What all values have in common, and what they refuse."""

from __future__ import annotations

import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from film import card

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.errors import ModelTimeoutError
from rxvlm.event import Event
from rxvlm.frame import Frame, make_frame
from rxvlm.media import jpeg, mp4
from rxvlm.testing import frames_at
from rxvlm.vlm import Usage
from rxvlm.window import Window

FRAMES = tuple(frames_at([0.0, 1.0, 2.5], source="yard"))
WINDOW = Window(FRAMES, 0.0, 3.0)
CLIP = Clip.of(WINDOW, (b"a", b"b", b"c"), (64, 48), WINDOW.times)
ANALYSIS = Analysis(CLIP, "What?", "m", 100.0, 102.5, "A car.")
VALUES = [FRAMES[0], WINDOW, CLIP, ANALYSIS]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_frozen_and_compared_by_identity(value: Any) -> None:
    """A value cannot be changed, hashes by identity, and may be held weakly."""
    with pytest.raises((FrozenInstanceError, TypeError)):
        value.source = "other"
    assert weakref.ref(value)() is value
    assert hash(value) != 0
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_repr_is_short(value: object) -> None:
    """A repr fits a line, and shows no pixels and no bytes."""
    assert len(repr(value)) < 160
    assert "array" not in repr(value)
    assert "b'" not in repr(value)


def test_values_that_hold_bytes_pickle() -> None:
    """A clip and an analysis come out of pickle as they went in."""
    again = pickle.loads(pickle.dumps(ANALYSIS))
    assert again.text == "A car."
    assert again.clip.data == CLIP.data
    assert again.clip.times == CLIP.times


@pytest.mark.parametrize("time", [-0.1, float("nan")])
def test_a_frame_has_a_time(time: float) -> None:
    """A time that is negative or not a number is a ValueError."""
    with pytest.raises(ValueError, match="at least 0 seconds"):
        Frame.of(card(0, 8, 8), time)


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (np.zeros((4, 4), np.uint8), ValueError),
        (np.zeros((4, 4, 4), np.uint8), ValueError),
        (np.zeros((0, 4, 3), np.uint8), ValueError),
        (np.zeros((4, 4, 3), np.float32), TypeError),
        ([[1, 2, 3]], TypeError),
    ],
)
def test_a_frame_of_an_array_says_what_it_wants(image: Any, error: type[Exception]) -> None:
    """An array of another type or shape is refused, and the error names the expected one."""
    with pytest.raises(error, match=r"uint8|\(height, width, 3\)"):
        Frame.of(image, 0.0)


def test_an_array_frame_is_read_only() -> None:
    """A frame's picture cannot be written into; the array it was made of still can."""
    own = card(0, 8, 8)
    frame = Frame.of(own, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 0
    own[0, 0] = 0
    assert frame.shape == (8, 8, 3)


def test_an_array_frame_gives_its_picture_to_encoders() -> None:
    """The PyAV frame of an array has the pixels of the array."""
    picture = Frame.of(card(3, 16, 8), 0.0).picture()
    assert np.array_equal(picture.to_ndarray(), card(3, 16, 8))


def test_a_window_refuses_nonsense() -> None:
    """A window without frames, with frames out of order, or with its end before its start is a ValueError."""
    with pytest.raises(ValueError, match="at least one frame"):
        Window((), 0.0, 1.0)
    with pytest.raises(ValueError, match="time order"):
        Window(FRAMES[::-1], 0.0, 3.0)
    with pytest.raises(ValueError, match="ends after it starts"):
        Window(FRAMES, 3.0, 0.0)


def test_a_thinned_window_stands_for_the_same() -> None:
    """Thinning a window leaves its span as it was."""
    thin = Window(FRAMES, 0.0, 3.0, 50.0, seen=9, fresh=4).keep(FRAMES[:1])
    assert (thin.seen, thin.fresh, thin.end, thin.captured, len(thin.frames)) == (9, 4, 3.0, 50.0, 1)


def test_a_clip_has_the_span_of_its_window() -> None:
    """Thinned windows and clips have the same span as the window that they are made from."""
    thin = WINDOW.keep(FRAMES[:1])
    clip = Clip.of(thin, (b"a",), (64, 48), thin.times).padded(9.0)
    assert thin.span == clip.span == WINDOW.span
    assert (clip.start, clip.end, clip.source, clip.seen, clip.window_id) == (0.0, 3.0, "yard", 3, WINDOW.window_id)


def test_a_span_may_be_changed_by_the_names_of_its_facts() -> None:
    """``replace`` takes the attributes of the span by name, and leaves the others as they are."""
    window, clip = replace(WINDOW, frames=FRAMES[:2], seen=9), replace(CLIP, source="gate")
    assert (window.seen, window.fresh, window.end, window.window_id) == (9, 3, 3.0, WINDOW.window_id)
    assert (clip.source, clip.start, clip.seen, clip.window_id) == ("gate", 0.0, 3, CLIP.window_id)


@pytest.mark.parametrize("make", [lambda: Window(FRAMES), lambda: Clip(b"x", "video/mp4", (0.0,), 8, 8)])
def test_a_value_without_a_span_is_an_error(make: Callable[[], object]) -> None:
    """A window or a clip without start and end is a TypeError that names both."""
    with pytest.raises(TypeError, match="'start' and 'end'"):
        make()


def test_a_windows_identity_is_a_value() -> None:
    """A window's identity is equal after pickling; each new window has another."""
    assert pickle.loads(pickle.dumps(CLIP)).window_id == CLIP.window_id
    assert Window(FRAMES, 0.0, 3.0).window_id != WINDOW.window_id


def test_a_forked_process_makes_windows_of_its_own() -> None:
    """A child that was forked, and goes on counting where its parent was, makes no window of the parent's identity."""
    code = (
        "import os; from rxvlm.window import WindowId; pid = os.fork(); "
        "print(WindowId(), flush=True); pid and os.waitpid(pid, 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    one, other = done.stdout.splitlines()
    assert one != other


def test_a_window_gives_its_pictures_at_a_width() -> None:
    """A window decodes its pictures at their own size, or scaled with the same aspect ratio."""
    assert [image.shape for image in WINDOW.images()] == [(48, 64, 3)] * 3
    assert [image.shape for image in WINDOW.images(32)] == [(24, 32, 3)] * 3


def test_age_and_duration() -> None:
    """Duration is that of the call, age is counted from the end of the filmed span; a file has no age."""
    assert ANALYSIS.duration == 2.5
    assert ANALYSIS.age is None
    live = Clip.of(Window(FRAMES, 0.0, 3.0, captured=97.0), CLIP.contents, (64, 48), WINDOW.times)
    assert Analysis(live, "What?", "m", 100.0, 102.5).age == 5.5


def test_a_failed_analysis_says_so() -> None:
    """The repr of a failed analysis has its error in place of the text."""
    failed = Analysis(CLIP, "What?", "m", 0.0, 1.0, error=ModelTimeoutError("m gave no answer"), usage=Usage(1, 2))
    assert "gave no answer" in repr(failed)


def film_clip(times: tuple[float, ...], size: tuple[int, int] = (64, 48)) -> Clip:
    window = Window(tuple(Frame.of(card(i, *size), time, source="yard") for i, time in enumerate(times)), 0.0, 10.0)
    data = mp4.encode(((frame.time, frame.picture()) for frame in window.frames), size=size, end=10.0)
    return Clip.of(window, data, size, times)


def test_fps_comes_from_the_times() -> None:
    """`fps` is computed from the times of the frames; a single frame counts as one per window."""
    assert film_clip((0.0, 2.0, 4.0, 6.0)).fps == 0.5
    assert film_clip((0.0,)).fps == 0.1


def test_a_clip_gives_its_pictures() -> None:
    """Decoding a clip returns as many pictures as there are times, at any width."""
    clip = film_clip((0.0, 2.0, 5.0))
    assert [image.shape for image in clip.images()] == [(48, 64, 3)] * 3
    assert [image.shape for image in clip.images(32)] == [(24, 32, 3)] * 3
    assert np.abs(clip.images()[1].astype(int) - card(1, 64, 48)).mean() < 20


def test_a_clip_becomes_jpegs() -> None:
    """A clip of JPEGs has the same pictures at the same times; a clip that is JPEGs already is returned as it is."""
    clip = film_clip((0.0, 2.0, 5.0))
    pictures = clip.jpegs()
    assert pictures.media_type == "image/jpeg"
    assert pictures.times == clip.times
    assert [jpeg.decode(data).shape for data in pictures.contents if isinstance(data, bytes)] == [(48, 64, 3)] * 3
    assert pictures.jpegs() is pictures


@pytest.mark.parametrize("form", [lambda clip: clip, Clip.jpegs], ids=["mp4", "jpeg"])
def test_a_clip_shrinks(form: Callable[[Clip], Clip]) -> None:
    """A shrunk clip has all the frames, smaller, in fewer bytes."""
    clip = form(film_clip((0.0, 2.0, 5.0), (320, 240)))
    small = clip.shrunk(81)
    assert small.times == clip.times
    assert small.size < clip.size
    assert {image.shape for image in small.images()} == {(small.height, small.width, 3)}
    assert small.width <= 81


@pytest.mark.parametrize("form", [lambda clip: clip, Clip.jpegs], ids=["mp4", "jpeg"])
def test_a_clip_is_padded(form: Callable[[Clip], Clip]) -> None:
    """A padded clip is at least as long as asked, its last picture repeated."""
    clip = form(film_clip((0.0, 0.3, 0.6)))
    long = clip.padded(2.0)
    assert long.times[:3] == clip.times
    assert long.times[-1] + 1 / long.fps - long.times[0] >= 2.0
    assert len(long.images()) == len(long.times)
    assert long.padded(1.0) is long


def test_a_clip_is_saved(tmp_path: Path) -> None:
    """A video is saved as one file, JPEGs as one file each, with the suffix of the media type."""
    clip = film_clip((0.0, 2.0, 5.0))
    assert [path.name for path in clip.save(tmp_path / "a.avi")] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == clip.data
    assert [path.name for path in clip.jpegs().save(tmp_path / "b")] == ["b-0.jpg", "b-1.jpg", "b-2.jpg"]


def test_a_clip_refuses_data_that_do_not_fit() -> None:
    """Data that does not match the media type, or is empty, is a ValueError."""
    with pytest.raises(ValueError, match="one piece of data"):
        Clip((b"x",), "video/mp4", (0.0,), 8, 8, 0.0, 1.0)
    with pytest.raises(ValueError, match="at least one frame"):
        Clip(b"", "video/mp4", (0.0,), 8, 8, 0.0, 1.0)


def test_an_event_shows_itself() -> None:
    """In words: its name, camera, span and phase; with what the model said, and without an answer, too."""
    facts: dict[str, Any] = {"id": "7", "name": "a <cat>", "camera": "gate", "phase": "end", "start": 5.0, "end": 20.0}
    html = Event(**facts, reason="cleared", count=3)._repr_html_()
    assert "a &lt;cat&gt;, gate, 5 s to 20 s: end" in html
    assert "clips <b>3</b>" in html
    assert "why <b>cleared</b>" in html


def test_a_frame_made_for_a_source_is_a_frame_as_any() -> None:
    """`make_frame` gives the frame that `Frame` gives: frozen, with the same values, also after pickling."""
    values: Any = (None, 1.5, (48, 64, 3), "yard", 7, 1000.25, 2, True, 99, Fraction(3, 2))
    made, usual = make_frame(*values), Frame(*values)
    assert type(made) is Frame
    for one in fields(Frame):
        assert getattr(made, one.name) == getattr(usual, one.name)
        assert getattr(pickle.loads(pickle.dumps(made)), one.name) == getattr(usual, one.name)
    assert replace(made, source="gate").source == "gate"
    with pytest.raises(FrozenInstanceError):
        made.time = 0.0  # pyright: ignore[reportAttributeAccessIssue] - this is tested
