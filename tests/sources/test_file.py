"""Files as sources: the right frames, or one clear error."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from film import FILMS, card, full_decode, make_film
from reactivex import Observable

import rxvlm
from rxvlm.errors import NoVideoError, SourceBrokenError, SourceError, SourceNotFoundError
from rxvlm.sources import video

Hear = Callable[[Observable[Any]], Any]


def test_a_file_gives_its_frames(films: Callable[[str], Path], hear: Hear) -> None:
    """Every picture is a frame, numbered, timed from 0, named, and the picture of a full decode."""
    path = films("h264-bframes")
    heard = hear(video(path))
    full = full_decode(path)
    assert heard.ended
    assert [frame.index for frame in heard.items] == list(range(90))
    assert [frame.time for frame in heard.items] == pytest.approx([time for time, _ in full], abs=2e-6)
    assert {(frame.source, frame.captured, frame.epoch, frame.shape) for frame in heard.items} == {
        ("h264-bframes", None, 0, (120, 160, 3))
    }
    assert all(np.array_equal(frame.image, image) for frame, (_, image) in zip(heard.items, full, strict=True))
    assert all(frame.size > 0 for frame in heard.items)
    assert sum(frame.keyframe for frame in heard.items) == 4


def test_a_frame_outlives_its_file(films: Callable[[str], Path], hear: Hear, tmp_path: Path) -> None:
    """Frames can be looked at when the file has been closed and deleted."""
    path = tmp_path / "gone.mp4"
    path.write_bytes(films("h264-bframes").read_bytes())
    frames = hear(video(path)).items
    path.unlink()
    assert frames[50].image.shape == (120, 160, 3)


def test_ten_million_microseconds_are_ten_seconds(hear: Hear, tmp_path: Path) -> None:
    """Frames at 30 a second fall on whole seconds, to the bit."""
    path = make_film(tmp_path / "x.mp4", FILMS["h264-bframes"], [i / 30 for i in range(91)], (16, 16), clock=30)
    times = [frame.time for frame in hear(video(path)).items]
    assert (times[30], times[60], times[90]) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (None, SourceNotFoundError, "does not exist"),
        (b"", NoVideoError, "is empty"),
        (b"just some words\n" * 50, SourceError, "cannot be read|has no video"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 500, SourceError, "cannot be read|has no video"),
        ("audio", NoVideoError, "has no video"),
        ("no moov", SourceError, r"cannot be read.*complete"),
        ("folder", NoVideoError, "is a folder"),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".txt"])
def test_what_is_no_video_is_one_clear_error(
    content: Any,
    error: type[Exception],
    says: str,
    suffix: str,
    tmp_path: Path,
    films: Callable[[str], Path],
    hear: Hear,
) -> None:
    """What can never work is a typed error, at once, that names the file and says what is wrong."""
    path = tmp_path / f"x{suffix}"
    if content == "folder":
        path.mkdir()
    elif content == "audio":
        write_audio(tmp_path / "x.mp4")
        (tmp_path / "x.mp4").rename(path)
    elif content == "no moov":
        path.write_bytes(films("h264-bframes").read_bytes()[:5000])
    elif content is not None:
        path.write_bytes(content)
    ledger = rxvlm.Ledger("x")
    heard = hear(video(path, ledger=ledger))
    with pytest.raises(error, match=says):
        raise heard.error
    assert str(path) in str(heard.error)
    assert getattr(heard.error, "uri", None) == str(path)
    assert heard.items == []
    assert ledger.snapshot().state == "failed"


def write_audio(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux([*stream.encode(sound), *stream.encode()])


def test_a_file_cut_short_gives_what_is_there(films: Callable[[str], Path], hear: Hear, tmp_path: Path) -> None:
    """Of an MP4 that breaks off all whole pictures come, and then an error that says how much is missing."""
    whole, path = films("h264-bframes"), tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    heard = hear(video(path))
    full = [image for _, image in full_decode(whole)]
    assert isinstance(heard.error, SourceBrokenError)
    assert "of 3.6 s" in str(heard.error)
    assert 10 < len(heard.items) < 80
    assert np.array_equal(heard.items[5].image, full[5])


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (17, 33)])
def test_any_size(size: tuple[int, int], hear: Hear, tmp_path: Path) -> None:
    """The smallest and the oddest sizes are watched to the end."""
    lossless = FILMS["mjpeg"].__class__(".mkv", "ffv1", pixels="bgr0")
    path = make_film(tmp_path / "odd.mkv", lossless, [i / 5 for i in range(20)], size)
    heard = hear(rxvlm.watch(path, rxvlm.vlm_from(lambda clip, _: f"{clip.width}x{clip.height}"), every=2.0))
    assert heard.error is None
    assert {analysis.text for analysis in heard.items} == {f"{max(2, size[0] // 2 * 2)}x{max(2, size[1] // 2 * 2)}"}
    frames = hear(video(path)).items
    assert np.array_equal(frames[7].image, card(7, *size))


@pytest.mark.parametrize(("degrees", "matrix"), [(90, (0, 1, -1, 0)), (180, (-1, 0, 0, -1)), (270, (0, -1, 1, 0))])
def test_a_turned_film_is_set_upright(
    degrees: int, matrix: tuple[int, int, int, int], films: Callable[[str], Path], hear: Hear, tmp_path: Path
) -> None:
    """A film of a camera that was turned comes upright, as OpenCV shows it too."""
    data = bytearray(films("h264-bframes").read_bytes())
    at = data.find(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path = tmp_path / f"turned{degrees}.mp4"
    path.write_bytes(data)
    frames = hear(video(path)).items
    done, expected = cv2.VideoCapture(str(path)).read()
    assert done
    assert frames[0].shape == expected.shape
    assert frames[0].image.shape == expected.shape
    assert np.abs(frames[0].image.astype(int) - expected).mean() < 3
    picture = frames[0].picture()
    assert (picture.height, picture.width) == expected.shape[:2]


def test_a_picture_is_a_short_film(hear: Hear, tmp_path: Path) -> None:
    """A single picture is a film of one frame."""
    cv2.imwrite(str(tmp_path / "one.jpg"), card(0, 64, 48))
    frames = hear(video(tmp_path / "one.jpg")).items
    assert [frame.shape for frame in frames] == [(48, 64, 3)]
    assert frames[0].image.shape == (48, 64, 3)


def test_a_playlist_does_not_reach_out(hear: Hear, tmp_path: Path) -> None:
    """A playlist on disk does not reach out to the network."""
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    heard = hear(video(path))
    assert isinstance(heard.error, SourceError)
    assert heard.items == []


@pytest.mark.parametrize(
    ("address", "seconds"), [("h264-bframes", 3.6), ("demo:yard?seconds=7&fps=2", 7.0), ("demo:gate", None)]
)
def test_the_ledger_says_how_long_a_film_is(films: Callable[[str], Path], address: str, seconds: float | None) -> None:
    """From its first frame on; of a camera it does not."""
    stream = video(address if ":" in address else films(address))
    assert stream.ledger.length is None
    rxvlm.collect(stream, 1)
    assert stream.ledger.length == (None if seconds is None else pytest.approx(seconds, abs=0.1))
    assert stream.ledger.snapshot().length == stream.ledger.length
