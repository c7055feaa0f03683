"""Sources: () -> Observable[Frame]. `video` chooses by the address."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from rxvlm.concurrency.stop import Stop
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.sources.demo import demo_settings, frames_of_demo
from rxvlm.sources.device import frames_of_device
from rxvlm.sources.file import frames_of_file
from rxvlm.sources.network import frames_of_network
from rxvlm.sources.pictures import frames_of_pictures
from rxvlm.sources.probe import Probe, probe
from rxvlm.sources.pushed import Pushed, pushed
from rxvlm.sources.running.capture import Session, Video
from rxvlm.uri import address

__all__ = ["Probe", "Pushed", "Session", "Video", "probe", "pushed", "video"]


def video(
    uri: str | Path | int,
    *,
    name: str | None = None,
    pace: float | None = None,
    width: int | None = None,
    stop: Stop | None = None,
    ledger: Ledger | None = None,
) -> Video:
    """Give the frames of a video, whatever it is.

    A file plays as fast as it is taken, and ends; so does a folder of pictures, one a
    second. What can never work is an error of the stream, at once. A live source does
    not end: one that is lost, or not there, shows its state in the ledger and is tried
    again for ever. ``demo:yard`` is a drawn camera, ``demo:yard?seconds=60`` a film of it.

    Args:
        uri: A path, a ``file:`` uri, ``rtsp://...``, ``http://...`` (MJPEG or HLS), a device's number,
            or ``demo:CAMERA?seconds=&fps=&width=&height=&seed=``.
        name: What tables call it; None for its ledger's name, or a short one of the address.
        pace: Of a file, how many times as fast as real time, above 0; None: as fast as it is taken.
        width: Pixels across at most of pictures that must be decoded as they arrive, for want of key
            frames to start at; None: as they are. Others are decoded when looked at, in full.
        stop: Set it for a gentle end.
        ledger: Where its frames are counted; None for one of its own.

    Returns:
        A cold Observable of frames that knows its ``name``, ``uri``, ``ledger`` and whether it is ``live``.

    Raises:
        UriError: If the address is malformed or of no known kind.
        ValueError: If the pace is not above 0.
    """
    if pace is not None and not pace > 0:
        raise ValueError(f"pace must be above 0, not {pace}")
    where = address(uri)
    called = name or (ledger.name if ledger else "") or where.name
    live = False
    frames: Callable[[Session], Generator[Frame]]
    if where.kind in ("rtsp", "http"):
        live = True
        frames = partial(frames_of_network, where, called, width)
    elif where.kind == "device":
        live = True
        frames = partial(frames_of_device, int(where.target), called)
    elif where.kind == "demo":
        settings = demo_settings(where)
        live = settings.seconds is None
        frames = partial(frames_of_demo, where.target, settings, called)
    elif Path(where.target).is_dir():
        frames = partial(frames_of_pictures, Path(where.target), called)
    else:
        frames = partial(frames_of_file, Path(where.target), called, width)
    if pace is not None and not live:
        frames = partial(_paced, frames, pace)
    return Video(frames, ledger or Ledger(called), uri=where.safe, live=live, stop=stop)


def _paced(frames: Callable[[Session], Generator[Frame]], pace: float, session: Session) -> Generator[Frame]:
    began = time.monotonic()
    for frame in frames(session):
        if session.wait(began + frame.time / pace - time.monotonic()):
            return
        yield frame


def __dir__() -> list[str]:
    return sorted(__all__)
