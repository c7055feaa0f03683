from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
import pytest
from av import VideoFrame
from av.video.frame import PictureType
from av.video.reformatter import Colorspace
from film import card

from rxvlm import collect, video
from rxvlm.errors import DecodeError
from rxvlm.media import jpeg, mp4
from rxvlm.media.codec import Codec, Packet
from rxvlm.media.picture import Still, fitted
from rxvlm.operators import buffer_by_time, sample_evenly


def encoded(times: list[float], size: tuple[int, int] = (64, 48), **how: Any) -> bytes:
    shown = ((time, Still(card(i, *size)).picture()) for i, time in enumerate(times))
    return mp4.encode(shown, size=mp4.even_size(*size), **how)


def test_times_are_true() -> None:
    """Uneven times are kept, moved so that the first is 0."""
    times = [5.0, 5.04, 6.5, 6.51, 9.0]
    out = [picture.time for picture in mp4.decode(encoded(times))]
    assert out == pytest.approx([time - 5.0 for time in times], abs=1e-4)


def test_equal_times_are_parted() -> None:
    """Pictures with equal times are all kept."""
    assert len(list(mp4.decode(encoded([1.0, 1.0, 1.0, 2.0])))) == 4


def test_the_last_picture_stands_as_long_as_asked() -> None:
    """The last picture lasts until the given end."""
    with av.open(io.BytesIO(encoded([0.0, 2.0, 4.0], end=10.0)), "r") as container:
        assert cast("int", container.duration) / 1e6 == pytest.approx(10.0, abs=1e-3)


def test_it_is_what_browsers_play() -> None:
    """The file is H.264 yuv420p with its index first, and starts with a key frame."""
    data = encoded([index / 10 for index in range(300)])
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    with av.open(io.BytesIO(data), "r") as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert next(container.demux(video=0)).is_keyframe


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (17, 33), (641, 361)])
def test_odd_sizes_are_made_even(size: tuple[int, int]) -> None:
    """Any size can be encoded; width and height are made even."""
    pictures = list(mp4.decode(encoded([0.0, 1.0], size)))
    assert [(picture.width, picture.height) for picture in pictures] == [mp4.even_size(*size)] * 2


def test_somebody_elses_picture_is_not_stamped() -> None:
    """A picture that has the right format already is encoded without changing its timestamp."""
    picture = fitted(Still(card(0, 64, 48)).picture(), (64, 48), "yuv420p")
    picture.pts = 12345
    mp4.encode([(0.0, picture), (1.0, picture)], size=(64, 48))
    assert picture.pts == 12345


def test_pictures_are_kept_well() -> None:
    """The decoded pictures look like the encoded ones."""
    for index, picture in enumerate(mp4.decode(encoded([0.0, 1.0, 2.0], (320, 240), qp=18))):
        out = picture.to_ndarray(format="bgr24").astype(int)
        assert np.abs(out - card(index, 320, 240)).mean() < 12


def test_packets_that_share_a_moment_are_all_copied(films: Callable[[str], Path]) -> None:
    """A stream that gives two pictures the same time loses neither."""
    with av.open(str(films("h264-bframes"))) as container:
        stream = container.streams.video[0]
        like = Codec(stream).like
        sent = [
            (bytes(packet), packet.pts or 0, packet.is_keyframe) for packet in container.demux(stream) if packet.size
        ]
    assert like is not None
    packets = [Packet(data, pts // 1024 * 80_000, key) for data, pts, key in sent[:24]]
    assert len({packet.pts for packet in packets}) < 24
    assert len(list(mp4.decode(mp4.remux(packets, like)))) == 24


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "bgr24"])
@pytest.mark.parametrize("size", [(320, 240), (160, 120)])
def test_colours_stay(pixels: str, size: tuple[int, int]) -> None:
    """Whatever colour range and matrix a picture has, a player shows the same colours, scaled or not."""
    for space in (Colorspace.ITU709, Colorspace.SMPTE170M):
        picture = VideoFrame.from_ndarray(np.full((240, 320, 3), (40, 120, 200), np.uint8), format="bgr24")
        if pixels != "bgr24":
            picture = picture.reformat(format=pixels, dst_colorspace=space)
        before = fitted(picture, (320, 240), "bgr24").to_ndarray().mean((0, 1))
        (after,) = mp4.decode(mp4.encode([(0.0, picture)], size=size))
        assert after.to_ndarray(format="bgr24").mean((0, 1)) == pytest.approx(before, abs=4)


def test_key_frames_of_the_source_are_none_of_the_clip() -> None:
    """Pictures that were key frames in their source are not encoded as key frames."""
    pictures = list(mp4.decode(encoded([0.0, 1.0, 2.0], (320, 240))))
    for picture in pictures:
        picture.pict_type = PictureType.I
    data = mp4.encode(enumerate(pictures), size=(320, 240))
    with av.open(io.BytesIO(data), "r") as container:
        assert [packet.is_keyframe for packet in container.demux(video=0) if packet.size] == [True, False, False]


@pytest.mark.parametrize("data", [b"", b"no film", encoded([0.0])[:200]])
def test_no_film_is_a_decode_error(data: bytes) -> None:
    """Bytes that are not a video raise our error, not FFmpeg's."""
    with pytest.raises(DecodeError):
        list(mp4.decode(data))


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_no_jpeg_is_a_decode_error(data: bytes) -> None:
    """Bytes that are not a JPEG raise our error."""
    with pytest.raises(DecodeError):
        jpeg.decode(data)


def test_a_jpeg_shows_its_picture() -> None:
    """A JPEG decodes to the same size and nearly the same pixels."""
    image = card(4, 320, 240)
    again = jpeg.decode(jpeg.encode(image, 95))
    assert again.shape == image.shape
    assert np.abs(again.astype(int) - image).mean() < 12


CLIPS = Path(__file__).parent.parent.parent / "notebooks" / "clips"


@pytest.mark.parametrize("name", ["cars", "people"])
def test_it_equals_opencvs_own_in_far_fewer_bytes(name: str, tmp_path: Path) -> None:
    """Twenty frames of a real clip, half a second apart: at most 0.8 of mp4v's bytes, SSIM within 0.003 of it."""
    windows = collect(video(CLIPS / f"{name}.mp4").pipe(buffer_by_time(20.0), sample_evenly(20)))
    frames = windows[0].frames
    pictures = [fitted(frame.picture(), (640, 360), "yuv420p") for frame in frames]
    ours = mp4.encode(zip((frame.time for frame in frames), pictures, strict=True), size=(640, 360), most=20)
    path = tmp_path / "theirs.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 2.0, (640, 360))
    for picture in pictures:
        writer.write(picture.to_ndarray(format="bgr24"))
    writer.release()
    theirs = path.read_bytes()
    assert len(ours) < 0.8 * len(theirs)
    assert likeness(pictures, ours) > likeness(pictures, theirs) - 0.003


def likeness(pictures: list[av.VideoFrame], film: bytes) -> float:
    """Return the mean structural similarity (SSIM) of the luma of a video to the pictures it was encoded from."""
    pairs = zip(pictures, mp4.decode(film), strict=True)
    return float(np.mean([ssim(luma(before), luma(after)) for before, after in pairs]))


def luma(picture: av.VideoFrame) -> Any:
    return picture.to_ndarray()[: picture.height].astype(np.float64)


def ssim(one: Any, other: Any) -> float:
    def blur(image: Any) -> Any:
        return cv2.GaussianBlur(image, (11, 11), 1.5)[5:-5, 5:-5]

    mean, mean2 = blur(one), blur(other)
    spread, spread2 = blur(one * one) - mean**2, blur(other * other) - mean2**2
    together = blur(one * other) - mean * mean2
    top = (2 * mean * mean2 + 6.5025) * (2 * together + 58.5225)
    return float((top / ((mean**2 + mean2**2 + 6.5025) * (spread + spread2 + 58.5225))).mean())
