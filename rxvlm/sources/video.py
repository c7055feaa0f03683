"""video: a source of frames for any address, with the table of kinds of addresses and their sources."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from rxvlm.arguments import check_above_zero, check_at_least, suggest_options
from rxvlm.concurrency.stop import Stop
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.sources.demo import demo_settings, frames_of_demo
from rxvlm.sources.device import frames_of_device
from rxvlm.sources.file import facts_of_file, frames_of_file
from rxvlm.sources.growing import frames_of_growing
from rxvlm.sources.http import check_http, frames_of_http
from rxvlm.sources.network import frames_of_network
from rxvlm.sources.picture_size import MAX_PIXELS
from rxvlm.sources.pictures import frames_of_pictures
from rxvlm.sources.pipe import frames_of_fifo, frames_of_stdin, frames_of_tcp
from rxvlm.sources.running.capture import Frames, Session, Video
from rxvlm.uri import Address, address


@suggest_options()
def video(
    uri: str | Path | int,
    *,
    name: str | None = None,
    pace: float | None = None,
    width: int | None = None,
    max_pixels: int = MAX_PIXELS,
    follow: bool = False,
    stop: Stop | None = None,
    ledger: Ledger | None = None,
) -> Video:
    """Return the frames of a video: ``rxvlm.video("cars.mp4")``, ``rxvlm.video("rtsp://10.0.0.7/main")``.

    A video is a film, a folder of pictures, a camera, or the built-in demo. A film is read as fast as the subscriber
    takes its frames, and ends; a folder of pictures is a film with one picture a second. If an address can never
    work, the stream ends with an error at once. A live source does not end: while it is lost or cannot be reached,
    the ledger shows its state, and rxvlm tries to open it again. ``demo:yard`` is a drawn camera,
    ``demo:yard?seconds=60`` a film of it.

    Args:
        uri: A path, a ``file:`` address, ``rtsp://...``, ``http://...`` (motion JPEG, HLS, snapshots, films),
            ``rtmp://...``, ``udp://...``, ``tcp://...``, ``-`` (stdin), the number of a device,
            or ``demo:CAMERA?seconds=&fps=&width=&height=&seed=``. docs/cameras.md describes each of them.
        name: The camera's name in tables; None for its ledger's name, or a short name made from the address.
        pace: Speed of a film, as a multiple of real time, above 0; None: as fast as its frames are taken.
        width: Largest width in pixels of pictures that must be decoded as they arrive, because there are no key
            frames to start decoding at; None: their own. All others are decoded when they are used, in full size.
        max_pixels: The most pixels of a picture in a folder, at least 1. A larger picture is left out, with a warning
            in the log: decoding it needs about 9 bytes a pixel. FFmpeg reads at most 268 million.
        follow: Whether a file may still grow: then the stream ends when the file has not grown for 10 s. Otherwise it
            ends at the present end of the file. It has no effect on other sources.
        stop: Set it to end the stream gently.
        ledger: Where its frames are counted; None for a ledger of its own.

    Returns:
        A cold Observable of frames with the attributes ``name``, ``uri``, ``ledger`` and ``live``.

    Raises:
        UriError: If the address is malformed or of an unknown kind.
        TypeError: If the address is not an address, or a number is not a number.
        ValueError: If the pace is not above 0, or ``max_pixels`` less than 1.
        SourceError: In the stream, if a film cannot be read (`SourceNotFoundError`, `NoVideoError`,
            `SourceBrokenError`). A camera that is away raises nothing: that is a state of the ledger, and it is tried
            again.
    """
    check_at_least("max_pixels", max_pixels, 1)
    if width is not None:
        check_at_least("width", width, 1, "pixels")
    if pace is not None:
        check_above_zero("pace", pace)
    where = address(uri)
    called = name or (ledger.name if ledger else "") or where.name
    folder = where.kind == "file" and Path(where.target).is_dir()
    if folder:
        source = _folder(where, called, max_pixels)
    elif follow and where.kind == "file":
        source = _growing(where, called, width)
    else:
        source = _SOURCES[where.kind](where, called, width)
    frames = source.frames if pace is None or source.live else partial(_paced, source.frames, pace)
    return Video(frames, ledger or Ledger(called), uri=where.safe, live=source.live, stop=stop, facts=source.facts)


@dataclass(frozen=True, slots=True)
class _Source:
    """How the frames of an address are read, and whether they come from a live source; None: its session finds out."""

    frames: Frames
    live: bool | None
    facts: Callable[[], Mapping[str, str]] | None = None


def _network(where: Address, name: str, width: int | None) -> _Source:
    return _Source(partial(frames_of_network, where, name, width), live=True)


def _http(where: Address, name: str, width: int | None) -> _Source:
    check_http(where)
    return _Source(partial(frames_of_http, where, name, width), live=None)


def _tcp(where: Address, name: str, width: int | None) -> _Source:
    return _Source(partial(frames_of_tcp, where, name, width), live=False)


def _stdin(_where: Address, name: str, width: int | None) -> _Source:
    return _Source(partial(frames_of_stdin, name, width), live=False)


def _device(where: Address, name: str, _width: int | None) -> _Source:
    return _Source(partial(frames_of_device, int(where.target), name), live=True)


def _demo(where: Address, name: str, _width: int | None) -> _Source:
    settings = demo_settings(where)
    length = "without end" if settings.seconds is None else f"{settings.seconds:g} s"
    facts = {"length": length, "frames a second": f"{settings.fps:g}"}
    return _Source(partial(frames_of_demo, where.target, settings, name), settings.seconds is None, lambda: facts)


def _folder(where: Address, name: str, max_pixels: int) -> _Source:
    return _Source(partial(frames_of_pictures, Path(where.target), name, max_pixels), live=False, facts=dict)


def _file(where: Address, name: str, width: int | None) -> _Source:
    path = Path(where.target)
    if path.is_fifo():
        return _Source(partial(frames_of_fifo, path, name, width), live=False)
    return _Source(partial(frames_of_file, path, name, width), live=False, facts=partial(facts_of_file, path))


def _growing(where: Address, name: str, width: int | None) -> _Source:
    path = Path(where.target)
    if path.is_fifo():
        return _file(where, name, width)
    return _Source(partial(frames_of_growing, path, name, width), live=False)


_Opener: TypeAlias = Callable[[Address, str, "int | None"], _Source]
_SOURCES: Final[Mapping[str, _Opener]] = {
    "file": _file,
    "rtsp": _network,
    "rtmp": _network,
    "udp": _network,
    "http": _http,
    "tcp": _tcp,
    "stdin": _stdin,
    "device": _device,
    "demo": _demo,
}
"""What reads an address, by `Address.kind`. A new kind of source is a line here, and one in `rxvlm.uri`."""


def _paced(frames: Frames, pace: float, session: Session) -> Generator[Frame]:
    """Read the frames of a film at a given speed, each at its time; frames of a camera as they come."""
    began = time.monotonic()
    for frame in frames(session):
        if not session.live and session.wait(began + frame.time / pace - time.monotonic()):
            return
        yield frame
