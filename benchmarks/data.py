"""The videos of the benchmarks, like those of a surveillance camera: made once and kept in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import av
import cv2
import numpy as np
from av import VideoFrame

from rxvlm.media.picture import Image

SECONDS = 30.0
_DRAWN = 10.0  # seconds that are drawn; longer clips repeat them
_KEY_SECONDS = 2
_CARS = 6
STREET = Path(__file__).parent.parent / "notebooks" / "clips" / "cars.mp4"
_FROM = 100  # index of the picture at which traffic begins
_ROOM = 64  # pixels by which the noise is larger than the picture


class Film(NamedTuple):
    """A film to make: its pictures, and how it is encoded."""

    kind: Literal["drawn", "street"]
    size: tuple[int, int]
    fps: int
    kbits: int


def camera(folder: Path, seconds: float = SECONDS) -> Path:
    """Return a film of 1080p30 at 4 Mbit/s, with key frames of about 155 kB every 2 s."""
    return _clip(folder, Film("drawn", (1920, 1080), 30, 4_000), seconds)


def street(folder: Path, seconds: float = SECONDS) -> Path:
    """Return a film of real pictures, enlarged to the same size and bit rate: much motion, key frames of 60 kB."""
    return _clip(folder, Film("street", (1920, 1080), 30, 4_000), seconds)


def main_stream(folder: Path) -> Path:
    """Return a film of 1080p30 at 2 Mbit/s."""
    return _clip(folder, Film("drawn", (1920, 1080), 30, 2_000), _DRAWN)


def sub_stream(folder: Path) -> Path:
    """Return a film of 640x360 at 15 pictures per second and 0.4 Mbit/s."""
    return _clip(folder, Film("drawn", (640, 360), 15, 400), _DRAWN)


def _clip(folder: Path, film: Film, seconds: float) -> Path:
    (width, height), fps, kbits = film.size, film.fps, film.kbits
    drawn = folder / f"{film.kind}-{width}x{height}-{fps}-{kbits}.mp4"
    if not drawn.exists():
        shown = pictures(film.size, fps) if film.kind == "drawn" else _enlarged(film.size, fps)
        _encode(drawn.with_suffix(".part.mp4"), shown, film).rename(drawn)
    longer = drawn.with_stem(f"{drawn.stem}-{seconds:g}s")
    if seconds > _DRAWN and not longer.exists():
        _repeat(drawn, longer.with_suffix(".part.mp4"), round(seconds / _DRAWN)).rename(longer)
    return longer if seconds > _DRAWN else drawn


def pictures(size: tuple[int, int], fps: int) -> Iterator[Image]:
    """Draw a street with cars, with sensor noise."""
    width, height = size
    random = np.random.default_rng(1)
    street = cv2.GaussianBlur(random.integers(0, 256, (height, width, 3), np.uint8), (0, 0), width / 240)
    street = cast("Image", cv2.normalize(street, street, 40, 215, cv2.NORM_MINMAX))
    grain = _grain(size, 5)
    for number in range(round(_DRAWN * fps)):
        picture = street.copy()
        for car in range(_CARS):
            left = int((number / fps * (0.05 + 0.03 * car) + car / _CARS) % 1.1 * width) - width // 10
            top = height * (car + 1) // (_CARS + 2)
            colour = (40 * car, 90, 240 - 40 * car)
            cv2.rectangle(picture, (left, top), (left + width // 10, top + height // 12), colour, -1)
        yield grain(picture)


def _enlarged(size: tuple[int, int], fps: int) -> Iterator[Image]:
    """Yield the pictures of a real street, enlarged, with sensor noise."""
    with av.open(str(STREET)) as container:
        rate = float(container.streams.video[0].average_rate or 1)
        kept = list(islice(container.decode(video=0), _FROM, _FROM + round(_DRAWN * rate)))
    grain = _grain(size, 3)
    for number in range(round(_DRAWN * fps)):
        small = kept[min(int(number / fps * rate), len(kept) - 1)].to_ndarray(format="bgr24")
        yield grain(cast("Image", cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)))


def _grain(size: tuple[int, int], strength: float) -> Callable[[Image], Image]:
    """Return a function that adds sensor noise to a picture, different each time."""
    random = np.random.default_rng(2)
    width, height = size
    shape = height + _ROOM, width + _ROOM, 3
    noise = [random.normal(0, strength, shape).clip(0, 16).astype(np.uint8) for _ in range(3)]
    turns = cycle(noise)

    def over(picture: Image) -> Image:
        down, right = random.integers(0, _ROOM, 2)
        return cast("Image", cv2.add(picture, next(turns)[down : down + height, right : right + width]))

    return over


def _encode(path: Path, shown: Iterable[Image], film: Film) -> Path:
    fps, group = film.fps, _KEY_SECONDS * film.fps
    # As cameras do: groups of equal length, and no look-ahead, which would make key frames several times larger.
    params = f"keyint={group}:min-keyint={group}:scenecut=0:bframes=0:mbtree=0:rc-lookahead=0:ipratio=1.1"
    with av.open(str(path), "w") as opened:
        container: Any = opened  # PyAV's type stubs do not know all of its methods
        options = {"preset": "veryfast", "x264-params": params}
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = *film.size, "yuv420p"
        stream.bit_rate = film.kbits * 1000
        for number, image in enumerate(shown):
            picture = VideoFrame.from_ndarray(image, format="bgr24")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def _repeat(drawn: Path, path: Path, times: int) -> Path:
    """Repeat a clip by copying its packets."""
    with av.open(str(path), "w") as opened:
        longer: Any = opened  # as above
        with av.open(str(drawn)) as container:
            stream = longer.add_stream_from_template(container.streams.video[0])
        for time in range(times):
            with av.open(str(drawn)) as container:
                for packet in container.demux(video=0):
                    if packet.pts is None or packet.dts is None:
                        continue
                    later = round(time * _DRAWN / packet.time_base)
                    packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, stream
                    longer.mux(packet)
    return path
