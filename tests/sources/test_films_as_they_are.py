"""Films as they are: turned, mirrored, of uneven pixels, with covers, cut, joined, packed and damaged."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from av import VideoFrame
from film import X264, Film, card, full_decode, make_film
from reactivex import Observable

import rxvlm
from rxvlm.errors import DecodeError, SourceBrokenError
from rxvlm.ledger import Ledger
from rxvlm.media.damage import DamagedError
from rxvlm.media.jpeg_segments import is_plain
from rxvlm.operators import buffer_by_time, encode_copy, encode_jpegs, encode_mp4
from rxvlm.sources import video
from rxvlm.sources.probe import probe

Films = Callable[[str], Path]
Hear = Callable[[Observable[Any]], Any]
TIMES = [at / 25 for at in range(60)]


@pytest.mark.parametrize(
    ("matrix", "upright"),
    [
        ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
        ((1, 0, 0, -1), lambda image: image[::-1]),
        ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
        ((0, -1, -1, 0), lambda image: image.transpose(1, 0, 2)[::-1, ::-1]),
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
        ((0, -1, 1, 0), np.rot90),
    ],
)
def test_a_film_is_turned_and_mirrored_as_it_says(
    matrix: tuple[int, ...], upright: Callable[[Any], Any], films: Films, hear: Hear, tmp_path: Path
) -> None:
    """All ways to hold a camera, mirrored ones among them, are shown as FFmpeg's player shows them."""
    data = bytearray(films("h264-bframes").read_bytes())
    at = data.find(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    frame = hear(video(path)).items[30]
    expected = upright(full_decode(films("h264-bframes"))[30][1])
    assert frame.shape == expected.shape
    assert np.array_equal(frame.image, expected)
    assert (probe(path).width, probe(path).height) == expected.shape[1::-1]
    error = hear(video(path).pipe(buffer_by_time(1.0), encode_copy())).error
    assert "turned by" in str(error) or "mirrored" in str(error)


def uneven(path: Path, size: tuple[int, int], aspect: str) -> Path:
    """Write a film whose pixels are not square."""
    params = {"x264-params": X264.format(0) + f":sar={aspect.replace(':', '/')}"}
    return make_film(path, Film(".mp4", "libx264", params), TIMES, size)


@pytest.mark.parametrize(
    ("size", "aspect", "shown", "clip"),
    [
        ((352, 576), "2:1", (704, 576), (640, 524)),
        ((352, 288), "12:11", (384, 288), (384, 288)),
        ((720, 480), "8:9", (640, 480), (640, 480)),
        ((160, 120), "1:1", (160, 120), (160, 120)),
    ],
)
def test_pixels_that_are_not_square(
    size: tuple[int, int], aspect: str, shown: tuple[int, int], clip: tuple[int, int], hear: Hear, tmp_path: Path
) -> None:
    """Clips of every kind, sheets and probe have the aspect that is shown; the image is the coded picture."""
    path = uneven(tmp_path / "x.mp4", size, aspect)
    frame = hear(video(path)).items[0]
    assert frame.display_size == shown
    assert frame.image.shape == (size[1], size[0], 3)
    assert (probe(path).width, probe(path).height) == shown
    window = hear(video(path).pipe(buffer_by_time(1.0))).items[0]
    assert window.images(shown[0])[0].shape == (shown[1], shown[0], 3)
    for encode in (encode_mp4(640, overflow="block"), encode_jpegs(640, overflow="block")):
        made = hear(video(path).pipe(buffer_by_time(1.0), encode)).items[0]
        assert (made.width, made.height) == clip
        assert made.images()[0].shape == (clip[1], clip[0], 3)
    copied = hear(video(path).pipe(buffer_by_time(1.0), encode_copy(overflow="block"))).items[0]
    assert (copied.width, copied.height) == shown
    assert copied.images(shown[0])[0].shape == (shown[1], shown[0], 3)


def test_a_copied_clip_keeps_the_ratio_in_its_file(hear: Hear, tmp_path: Path) -> None:
    """The file of encode_copy says how wide its pixels are."""
    path = uneven(tmp_path / "x.mp4", (352, 288), "12:11")
    clip = hear(video(path).pipe(buffer_by_time(1.0), encode_copy(overflow="block"))).items[0]
    clip.save(tmp_path / "y.mp4")
    with av.open(str(tmp_path / "y.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(12, 11)


def with_small_first(path: Path, film: Path) -> Path:
    """Write a file whose first stream is a small picture, and whose second is a film."""
    with av.open(str(film)) as source, av.open(str(path), "w") as target:
        cover = cast("Any", target.add_stream("mjpeg", rate=1))
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        stream = target.add_stream_from_template(source.streams.video[0])
        picture = VideoFrame.from_ndarray(card(0, 32, 32), format="bgr24").reformat(format="yuvj420p")
        target.mux([*cover.encode(picture), *cover.encode()])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_the_film_is_the_best_stream_not_the_first(suffix: str, films: Films, hear: Hear, tmp_path: Path) -> None:
    """A small still picture in front of the film is left aside, also where nothing calls it a cover."""
    path = with_small_first(tmp_path / f"x{suffix}", films("h264-camera"))
    frames = hear(video(path)).items
    assert {frame.shape for frame in frames} == {(120, 160, 3)}
    assert len(frames) == 90
    assert probe(path).codec == "h264"


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".flv", ".mp4"])
def test_what_is_cut_is_told(suffix: str, hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Half a file gives what is there, and an error that says how much is missing, in every container that promised."""
    film = Film(suffix, "libx264", {"x264-params": X264.format(0)})
    whole = make_film(tmp_path / f"whole{suffix}", film, TIMES, clock=25)
    data = whole.read_bytes()
    if suffix == ".mp4":  # its index is at the end
        with (
            av.open(str(whole)) as source,
            av.open(str(tmp_path / "f.mp4"), "w", options={"movflags": "faststart"}) as target,
        ):
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        data = (tmp_path / "f.mp4").read_bytes()
    path = tmp_path / f"half{suffix}"
    path.write_bytes(data[: len(data) // 2])
    with caplog.at_level(logging.WARNING, "rxvlm"):
        heard = hear(video(path))
        assert all(frame.image.shape == frame.shape for frame in heard.items)
    assert isinstance(heard.error, SourceBrokenError)
    assert "of 2.4 s" in str(heard.error)
    assert 15 < len(heard.items) < 45
    assert "damaged" not in caplog.text


@pytest.mark.parametrize("leap", [36_000.0, -36_000.0, -1.5, 120.0])
def test_joined_recordings_go_on(leap: float, hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the clock of a TS leaps, ahead or back, time goes on by the distance of pictures, and the log says so."""
    film = Film(".ts", "libx264", {"x264-params": X264.format(0)})
    first = make_film(tmp_path / "1.ts", film, [50_000 + at / 25 for at in range(50)])
    then = make_film(tmp_path / "2.ts", film, [50_002 + leap + at / 25 for at in range(50)])
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + then.read_bytes())
    frames = hear(video(path)).items
    assert [frame.time for frame in frames] == pytest.approx([at / 25 for at in range(100)], abs=0.1)
    assert "the clock was set after" in caplog.text


def test_a_hole_is_read_over_and_told(hear: Hear, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of a TS with a hole both ends come, at their times; the log says from when to when nothing is there."""
    film = Film(".ts", "libx264", {"x264-params": X264.format(0)})
    path = make_film(tmp_path / "x.ts", film, [at / 5 for at in range(300)], (320, 240))
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = bytes(third)
    path.write_bytes(data)
    heard = hear(video(path))
    times = [frame.time for frame in heard.items]
    assert heard.error is None
    assert times[-1] > 55
    assert max(two - one for one, two in pairwise(times)) > 10
    assert "has no pictures from" in caplog.text


def blanked(path: Path, out: Path) -> Path:
    """Overwrite the middle of a film's pictures, those of its first group aside."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size > 30]
    for packet in packets[24:]:
        begin = cast("int", packet.pos) + packet.size // 3
        data[begin : begin + packet.size // 2] = bytes([0xAA]) * (packet.size // 2)
    out.write_bytes(data)
    return out


def test_damaged_pictures_are_counted_and_mostly_damaged_windows_lost(films: Films, hear: Hear, tmp_path: Path) -> None:
    """A window of mostly damaged pictures is undecodable, and the ledger counts the pictures."""
    path = blanked(films("h264-camera"), tmp_path / "x.mp4")
    ledger = Ledger("x")
    heard = hear(rxvlm.watch(video(path, ledger=ledger), rxvlm.vlm_from(lambda _clip, _prompt: "seen"), every=1.0))
    tally = ledger.snapshot()
    assert tally.damaged > 0
    assert tally.dropped.get("undecodable", 0) > 0
    assert len(heard.items) < 3


def test_a_damaged_picture_is_an_error_that_has_it(films: Films, hear: Hear, tmp_path: Path) -> None:
    """Frame.image of a damaged picture is an error; what FFmpeg made of it is in the error."""
    frames = hear(video(blanked(films("h264-camera"), tmp_path / "x.mp4"))).items
    errors: list[DecodeError] = []
    for frame in frames:
        try:
            assert frame.image is not None
        except DecodeError as error:
            errors.append(error)
    pictures = [error.picture for error in errors if isinstance(error, DamagedError)]
    assert any(picture is not None and picture.width == 160 for picture in pictures)


@pytest.mark.parametrize(("width", "is_same"), [(None, True), (160, True), (640, True), (80, False)])
def test_jpegs_stay_as_they_came(width: int | None, *, is_same: bool, hear: Hear, tmp_path: Path) -> None:
    """JPEGs of a camera go into a clip byte by byte where they are not too wide, and are decoded where they are."""
    film = Film(".mkv", "mjpeg", {"huffman": "default"}, "yuvj420p")
    path = make_film(tmp_path / "x.mkv", film, TIMES[:25])
    frames = hear(video(path)).items
    sent = [frame.pixels.packet.data for frame in frames]
    assert all(map(is_plain, sent))
    clip = hear(video(path).pipe(buffer_by_time(1.0), encode_jpegs(width, overflow="block"))).items[0]
    assert (list(clip.data) == sent) is is_same
    assert clip.width == min(width or 160, 160)
    assert clip.images()[0].shape[1] == clip.width
