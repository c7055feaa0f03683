"""encode_copy: on films of every kind, what comes out is what went in, bit for bit."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
import reactivex
from film import X264, Film, make_film
from reactivex import operators as ops

from rxvlm import Clip, Frame, Window, collect, video
from rxvlm.media import mp4
from rxvlm.media.picture import Still
from rxvlm.operators import buffer_by_time, encode_copy, resize, sample_evenly
from rxvlm.testing import frames_at

Films = Callable[[str], Path]
KINDS = ["h264-camera", "h264-bframes", "h264-open-groups", "h264-open-groups-ts"]


def cut(path: Path, span: float) -> list[tuple[Window, Clip]]:
    """Give each window of a film, and its copy."""
    windows = buffer_by_time(span)
    kept: list[Window] = collect(video(path).pipe(windows))
    clips = collect(video(path).pipe(windows, encode_copy(overflow="block")))
    return list(zip(kept, clips, strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_its_pictures_are_the_windows_own(films: Films, name: str) -> None:
    """Every frame of a window is in its clip, at its time, bit for bit; what was needed besides has its time, too."""
    for window, clip in cut(films(name), 0.7):
        pictures = [picture.to_ndarray(format="bgr24") for picture in mp4.decode(cast("bytes", clip.data))]
        assert len(pictures) == len(clip.times)
        times = [round(time, 4) for time in clip.times]
        assert times == sorted(times)
        for frame in window.frames:
            assert np.array_equal(pictures[times.index(round(frame.time, 4))], frame.image)


@pytest.mark.parametrize("name", KINDS)
def test_its_timing_is_true(films: Films, name: str) -> None:
    """Pictures are shown as far apart as they were, the first at 0, and the last until the window ends."""
    for window, clip in cut(films(name), 0.7):
        with av.open(io.BytesIO(cast("bytes", clip.data)), "r") as container:
            shown = [picture.time for picture in container.decode(video=0)]
            length = cast("int", container.duration) / 1e6
        assert shown == pytest.approx([time - clip.times[0] for time in clip.times], abs=2e-4)
        assert length == pytest.approx(max(window.end, clip.times[-1]) - clip.times[0], abs=0.1)


def test_it_begins_with_a_key_frame_and_has_the_windows_facts(films: Films) -> None:
    """What was sent since the last key frame comes first; the index stands before the pictures."""
    pairs = cut(films("h264-camera"), 0.7)
    assert any(clip.times[0] < window.frames[0].time for window, clip in pairs)
    for window, clip in pairs:
        assert isinstance(clip.data, bytes)
        assert 0 < clip.data.find(b"moov") < clip.data.find(b"mdat")
        with av.open(io.BytesIO(clip.data), "r") as container:
            assert next(container.demux(video=0)).is_keyframe
        facts: tuple[Any, ...] = (clip.start, clip.end, clip.seen, clip.fresh, clip.source)
        assert facts == (window.start, window.end, window.seen, window.fresh, window.source)
        height, width, _ = window.frames[0].shape
        assert (clip.width, clip.height) == (width, height)


def test_nothing_is_decoded(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    """No decoder is made."""
    monkeypatch.setattr("rxvlm.media.codec.Codec.decoder", None)
    assert cut(films("h264-camera"), 0.7)


@pytest.mark.parametrize(
    ("name", "step", "says"),
    [
        ("h264-camera", sample_evenly(2), "takes whole windows"),
        ("hevc", None, "not hevc yuv420p: use encode_mp4"),
        ("mjpeg", None, "not mjpeg yuvj420p: use encode_mp4"),
    ],
)
def test_what_it_cannot_copy_is_said(films: Films, name: str, step: Any, says: str) -> None:
    """Sampled windows and other codecs end the stream with an error that names the way out."""
    windows: Any = video(films(name)).pipe(buffer_by_time(1.0))
    with pytest.raises(ValueError, match=says):
        collect((windows.pipe(step) if step else windows).pipe(encode_copy(overflow="block")))


def test_decoded_pictures_cannot_be_copied(films: Films) -> None:
    """Nor can what was resized."""
    with pytest.raises(ValueError, match="not decoded pictures"):
        collect(video(films("h264-camera")).pipe(resize(40), buffer_by_time(1.0), encode_copy(overflow="block")))


def test_frames_of_arrays_cannot_be_copied() -> None:
    """A webcam's or a caller's own frames have no packets."""
    frames: list[Frame] = frames_at([0.0, 1.0])
    with pytest.raises(ValueError, match="use encode_mp4"):
        reactivex.just(Window(tuple(frames), 0.0, 2.0)).pipe(encode_copy(overflow="block")).run()


def test_frames_that_were_decoded_on_arrival_are_left_out(films: Films, caplog: pytest.LogCaptureFixture) -> None:
    """Of a camera that is joined before its first key frame the copy begins with that, and the rest is logged."""
    (window,) = collect(video(films("h264-camera")).pipe(buffer_by_time(9.0)))
    decoded = [replace(frame, pixels=Still(frame.image)) for frame in window.frames[:10]]
    joined = replace(window, frames=(*decoded, *window.frames[24:50]), seen=36)
    clip: Clip = reactivex.just(joined).pipe(encode_copy(overflow="block")).run()
    assert clip.times == pytest.approx(joined.times[10:])
    assert len(clip.images()) == 26
    assert "10 frames" in caplog.text


def test_a_stream_that_changes_its_size_within_a_window_loses_it(films: Films) -> None:
    """A window of two sizes is lost, and told; the stream goes on."""
    (window,) = collect(video(films("h264-camera")).pipe(buffer_by_time(9.0)))
    changed = replace(window, frames=(replace(window.frames[0], shape=(480, 640, 3)), *window.frames[1:]))
    lost: list[tuple[Window, str]] = []
    clips = reactivex.of(changed, window).pipe(
        encode_copy(overflow="block", on_drop=lambda *told: lost.append(told)), ops.to_list()
    )
    assert [clip.times for clip in clips.run()] == [pytest.approx(window.times)]
    assert lost == [(changed, "unencodable")]


def test_more_than_8_bits_cannot_be_copied(tmp_path: Path) -> None:
    """H.264 that browsers do not play is refused."""
    film = Film(".mp4", "libx264", {"x264-params": X264.format(0)}, "yuv420p10le")
    path = make_film(tmp_path / "deep.mp4", film, [at / 25 for at in range(10)])
    with pytest.raises(ValueError, match="not h264 yuv420p10le"):
        collect(video(path).pipe(buffer_by_time(1.0), encode_copy(overflow="block")))
