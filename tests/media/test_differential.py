"""The contract of lazy pictures: of any film, in any order, a picture equals that of a full decode, or is an error.

A hundred films of a second each, of many codecs, containers and group structures; some were joined, cut or damaged.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.error import FFmpegError
from film import Film, make_film

from rxvlm.errors import DecodeError
from rxvlm.media import codec as codecs
from rxvlm.media.demux import Demux
from rxvlm.media.packets import Lazy
from rxvlm.media.picture import Image, bgr
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.sources.opening import open_container

PICTURES = 24
SIZE = (96, 64)
H264 = "keyint=8:scenecut=0:b-adapt=0:bframes={}"
H265 = "keyint=8:min-keyint=8:bframes=3:log-level=none:open-gop={}"
LAG = {"deadline": "realtime", "auto-alt-ref": "1", "lag-in-frames": "10"}


def _films() -> Iterator[tuple[str, Film]]:
    def each(codec: str, suffixes: str, params: dict[str, str] | None = None, pixels: str = "yuv420p") -> None:
        for suffix in suffixes.split():
            name = "-".join([codec, suffix, *(params or {}).values()])
            found.append((name, Film(f".{suffix}", codec, params or {}, pixels, group=8)))

    found: list[tuple[str, Film]] = []
    each("libx264", "mp4 mkv avi flv ts mov h264 nut", {"x264-params": H264.format(0)})
    each("libx264", "mp4 mkv avi flv ts mov h264 3gp", {"x264-params": H264.format(3)})
    each("libx264", "mp4 mkv ts h264", {"x264-params": H264.format(3) + ":open-gop=1"})
    each("libx264", "mp4 mkv ts", {"x264-params": H264.format(0) + ":intra-refresh=1"})
    each("libx264", "mp4 ts", {"x264-params": H264.format(2) + ":interlaced=1"})
    each("libx265", "mp4 ts hevc", {"x265-params": H265.format(0)})
    each("libx265", "mkv ts hevc", {"x265-params": H265.format(1)})
    each("mpeg1video", "ts mpg mkv avi", {"bf": "0"})
    each("mpeg1video", "ts mkv avi", {"bf": "2"})
    each("mpeg2video", "ts mpg m2v", {"bf": "0"})
    each("mpeg2video", "ts mpg mkv m2v", {"bf": "2"})
    each("mpeg4", "avi mp4 ts", {"bf": "0"})
    each("mpeg4", "avi mp4 mkv ts m4v mov", {"bf": "2"})
    each("msmpeg4", "avi asf mkv")
    each("msmpeg4v2", "avi asf")
    each("wmv1", "avi asf")
    each("wmv2", "avi asf")
    each("flv", "flv avi")
    each("h263p", "avi")
    each("rv10", "rm")
    each("rv20", "rm")
    each("svq1", "mov", pixels="yuv410p")
    each("snow", "avi")
    each("libvpx", "webm ivf", LAG)
    each("libvpx-vp9", "webm mkv ivf", LAG)
    each("mjpeg", "avi mov mkv mp4 mjpeg", pixels="yuvj420p")
    each("ffv1", "mkv")
    each("gif", "gif", pixels="rgb8")
    each("apng", "apng", pixels="rgb24")
    each("png", "mov", pixels="rgb24")
    each("qtrle", "mov", pixels="rgb24")
    each("rpza", "mov", pixels="rgb555")
    each("msvideo1", "avi", pixels="rgb555le")
    each("zmbv", "avi", pixels="bgr0")
    each("flashsv", "flv", pixels="bgr24")
    each("flashsv2", "flv", pixels="bgr24")
    each("prores", "mov", pixels="yuv422p10le")
    each("jpeg2000", "mkv")
    each("huffyuv", "avi", pixels="yuv422p")
    each("utvideo", "avi")
    each("rawvideo", "nut", pixels="rgb24")
    each("rawvideo", "avi mkv")
    each("cfhd", "mov", pixels="yuv422p10le")
    return iter(found)


FILMS = dict(_films())
DAMAGED = [  # FFmpeg says of these which pictures are damaged
    "libx264-mp4-" + H264.format(0),
    "libx264-ts-" + H264.format(0),
    "libx264-mkv-" + H264.format(0),
    "mpeg2video-ts-0",
    "mpeg4-mp4-0",
    "wmv1-avi",
    "msmpeg4-asf",
]
Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that makes a film of the matrix, once."""
    folder = tmp_path_factory.mktemp("matrix")

    def make(name: str) -> Path:
        film = FILMS[name]
        path = folder / f"{list(FILMS).index(name)}{film.suffix}"
        if film.codec not in av.codecs_available:
            pytest.skip(f"FFmpeg is built without {film.codec}")
        if not path.exists():
            coarse = film.suffix in {".avi", ".rm"} or "mpeg" in film.codec
            make_film(path, film, [at / 25 for at in range(PICTURES)], SIZE, clock=25 if coarse else 1000)
        return path

    return make


def full(path: Path) -> list[tuple[int | None, Image]]:
    """Decode a film from start to end with one decoder: (pts in microseconds, BGR)."""
    pictures: list[tuple[int | None, Image]] = []
    with open_container(str(path), options={}) as container:
        stream = container.streams.best("video")
        assert isinstance(stream, av.VideoStream)
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except FFmpegError:
                continue
            for one in decoded:
                ticks = None if one.pts is None else round(one.pts * (stream.time_base or 0) * 1_000_000)
                pictures.append((ticks, cast("Image", one.to_ndarray(format="bgr24"))))
    return pictures


def lazy(path: Path) -> list[TimedPicture]:
    with open_container(str(path), options={}) as container:
        stream = container.streams.best("video")
        assert isinstance(stream, av.VideoStream)
        demux = Demux(stream)
        shown = [one for packet in container.demux(stream) for one in demux.push(packet)]
        return [*shown, *demux.flush()]


def image(one: TimedPicture) -> Image | None:
    assert one.pixels is not None
    try:
        return one.pixels.image()
    except DecodeError:
        return None


def differing(path: Path, order: Sequence[int]) -> list[int]:
    """Return which pictures, looked at in this order, are not exactly those of a full decode, or of another size."""
    expected, shown = full(path), lazy(path)
    assert len(shown) == len(expected)
    different: list[int] = []
    for at in order:
        found = image(shown[at])
        if found is None or found.shape != shown[at].shape or not np.array_equal(found, expected[at][1]):
            different.append(at)
    return different


def shuffled(count: int = PICTURES) -> list[int]:
    order = list(range(count))
    random.Random(count).shuffle(order)
    return order


@pytest.mark.parametrize("name", FILMS)
def test_every_film_in_any_order(made: Make, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, shuffled, and sampled, every picture is that of a full decode, and has the size that was announced."""
    path = made(name)
    assert differing(path, range(PICTURES)) == []
    assert differing(path, range(3, PICTURES, 5)) == []
    monkeypatch.setattr(codecs, "CACHE_BYTES", 1)
    assert differing(path, shuffled()) == []


@pytest.mark.parametrize("name", [name for name in FILMS if "x26" in name])
def test_what_is_not_exact_comes_near(made: Make, name: str) -> None:
    """Without the deblocking filter, pictures differ a little from the exact ones."""
    expected = [picture.astype(int) for _, picture in full(made(name))]
    rough = [bgr(one.pixels.rough()) for one in lazy(made(name)) if isinstance(one.pixels, Lazy)]
    assert len(rough) in {0, PICTURES}
    assert all(np.abs(one - two).mean() < 12 for one, two in zip(rough, expected, strict=False))


@pytest.mark.parametrize("name", ["msmpeg4-avi", "wmv1-avi", "wmv2-avi", "mpeg4-avi-0", "flv-avi", "mjpeg-avi"])
def test_an_avi_without_its_index(made: Make, name: str, tmp_path: Path) -> None:
    """Without an index FFmpeg flags every packet as a key frame; the pictures are right all the same."""
    path, data = tmp_path / "x.avi", made(name).read_bytes()
    path.write_bytes(data[: data.rindex(b"idx1")])
    assert differing(path, shuffled()) == []
    keys = sum(one.keyframe for one in lazy(path))
    assert keys == PICTURES if name == "mjpeg-avi" else keys == PICTURES // 8


JOINED = ["libvpx-webm", "libvpx-vp9-webm", "mjpeg-mkv", "mjpeg-avi", "mpeg4-ts", "libx264-ts"]


@pytest.mark.parametrize("name", JOINED)
def test_a_size_that_changes_in_mid_stream(name: str, tmp_path: Path) -> None:
    """A film of two sizes has the right pictures, each of the size that was announced."""
    codec, suffix = name.rsplit("-", 1)
    params = {"libvpx": LAG, "libvpx-vp9": LAG, "libx264": {"x264-params": H264.format(0)}}.get(codec, {})
    film = Film(f".{suffix}", codec, params, "yuvj420p" if codec == "mjpeg" else "yuv420p", group=8)
    clock = 25 if "mpeg" in codec or suffix == "avi" else 1000
    parts = [
        make_film(tmp_path / f"{width}.{suffix}", film, [at / 25 for at in range(PICTURES)], (width, 64), clock=clock)
        for width in (96, 128)
    ]
    path = joined(tmp_path / f"both.{suffix}", parts)
    assert differing(path, shuffled(2 * PICTURES)) == []
    assert {one.shape for one in lazy(path)} == {(64, 96, 3), (64, 128, 3)}


def joined(path: Path, parts: Sequence[Path]) -> Path:
    """Write the packets of two films one after the other into a file that has the header of the first."""
    with av.open(str(parts[0])) as first, av.open(str(parts[1])) as then, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(first.streams.video[0])
        last = 0
        for container in (first, then):
            shift = last
            for packet in container.demux(video=0):
                if packet.dts is None:
                    continue
                length = packet.duration or 1
                packet.dts += shift
                packet.pts = packet.dts if packet.pts is None else packet.pts + shift
                last = max(last, packet.dts + length)
                packet.stream = stream
                target.mux(packet)
    return path


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_parameter_sets_that_come_once(codec: str, tmp_path: Path) -> None:
    """A raw stream whose second half has other parameter sets, sent once, is right in any order."""
    params = {"x264-params": H264.format(0)} if codec == "libx264" else {"x265-params": H265.format(0)}
    kinds = (7, 8) if codec == "libx264" else (32, 33, 34)
    suffix = ".h264" if codec == "libx264" else ".hevc"
    data = b""
    for width in (96, 128):
        part = make_film(tmp_path / f"{width}{suffix}", Film(suffix, codec, params, group=8),
                         [at / 25 for at in range(PICTURES)], (width, 64), clock=25)  # fmt: skip
        seen: set[int] = set()
        for unit in part.read_bytes().split(b"\x00\x00\x01")[1:]:
            kind = unit[0] & 0x1F if codec == "libx264" else unit[0] >> 1 & 0x3F
            if kind in seen and kind in kinds:
                continue
            seen.add(kind)
            data += b"\x00\x00\x01" + unit
    path = tmp_path / f"once{suffix}"
    path.write_bytes(data)
    assert differing(path, shuffled(2 * PICTURES)) == []


def damaged(data: bytes, seed: int) -> bytes:
    """Flip bytes, or blank or cut a part."""
    chance, wrong = random.Random(seed), bytearray(data)
    if seed % 3 == 0:
        for _ in range(chance.randrange(1, 12)):
            wrong[chance.randrange(len(wrong) // 5, len(wrong) * 9 // 10)] = chance.randrange(256)
    elif seed % 3 == 1:
        begin, length = chance.randrange(len(wrong) // 5, len(wrong) * 8 // 10), chance.randrange(20, 400)
        wrong[begin : begin + length] = bytes(length)
    else:
        del wrong[chance.randrange(len(wrong) // 3, len(wrong) * 9 // 10) :]
    return bytes(wrong)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_film(made: Make, name: str, seed: int, tmp_path: Path) -> None:
    """Of a film with damaged bytes, each picture is that of a full decode, or an error; never another in silence.

    A timestamp may be damaged, too: then the clock is set, and pictures have times that are not those of the file.
    """
    path = tmp_path / f"x{FILMS[name].suffix}"
    path.write_bytes(damaged(made(name).read_bytes(), seed))
    try:
        expected = full(path)
    except FFmpegError:
        return  # it cannot even be opened
    by_time: dict[int | None, list[Image]] = defaultdict(list)
    for ticks, picture in expected:
        by_time[ticks].append(picture)
    shown, every = lazy(path), [picture for _, picture in expected]
    wrong = [
        at
        for at in shuffled(len(shown))
        if (found := image(shown[at])) is not None
        and not any(np.array_equal(found, one) for one in by_time.get(shown[at].pts, every))
    ]
    assert wrong == []
