"""One camera: its frames, opened and counted, and the pipeline from frames to answers that `watch` is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from reactivex import Observable, compose
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.stop import Stop
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.operators.analyze import analyze
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.clip_evenly import clip_evenly
from rxvlm.operators.close_ledger import close_ledger
from rxvlm.operators.encode_copy import encode_copy
from rxvlm.operators.encode_mp4 import encode_mp4
from rxvlm.operators.encode_with import Encoding
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.sources import Video, video
from rxvlm.sources.running.delivery import counted
from rxvlm.stream import Operator
from rxvlm.vlm import Vlm
from rxvlm.watching.options import WatchOptions
from rxvlm.watching.stop_on import stop_on

Source: TypeAlias = str | Path | Observable[Frame]
"""An address, or any stream of frames."""


@dataclass(frozen=True, slots=True)
class OpenCamera:
    """A camera that is ready to be watched; nothing is captured before subscription.

    Attributes:
        frames: Its frames.
        live: Whether it goes on by itself, so that it must not be blocked.
        ledger: Where its frames are counted.
    """

    frames: Observable[Frame]
    live: bool
    ledger: Ledger


def open_camera(
    source: Source, *, name: str | None, ledger: Ledger | None, stop: Stop | None, pace: float | None
) -> OpenCamera:
    """Open an address or a stream of frames as a camera whose frames are counted once.

    Args:
        source: An address, or a stream of frames. A `Video` that counts in the same ledger already is left as it
            is; the frames of any other stream are counted here, and carry the camera's name.
        name: What tables call the camera; None for its own name.
        ledger: Where its frames are counted; None for one of its own.
        stop: Ends the frames gently.
        pace: Speed of a file, as a multiple of real time, above 0; None for no limit.

    Raises:
        UriError: If an address is malformed or of no known kind.
    """
    if not isinstance(source, Observable):
        opened = video(source, name=name, pace=pace, stop=stop, ledger=ledger)
        return OpenCamera(opened, opened.live, opened.ledger)
    stopping = source if stop is None else source.pipe(stop_on(stop))
    if isinstance(source, Video) and ledger in (None, source.ledger) and name in (None, source.name):
        return OpenCamera(stopping, source.live, source.ledger)
    live = source.live if isinstance(source, Video) else True
    book = ledger or Ledger(name or (source.name if isinstance(source, Video) else "camera"))
    return OpenCamera(counted(stopping, book, live=live, name=name), live, book)


def analyses_of(
    camera: OpenCamera, model: Vlm, options: WatchOptions, *, encoders: SchedulerBase | None = None
) -> Observable[Analysis]:
    """Build the pipeline from a camera's frames to the model's answers.

    Args:
        camera: The camera.
        model: The model.
        options: How the camera is watched.
        encoders: Where clips of a live camera are encoded, which cameras may share; None uses threads of its own.

    Raises:
        TypeError: If ``model`` is not a model.
    """
    overflow = "drop_oldest" if camera.live else "block"
    shared = encoders if camera.live else None  # a blocked encoder of a file must not hold a thread that cameras need
    encoding: Encoding = {
        "overflow": overflow,
        "scheduler": options.scheduler or shared,
        "on_drop": camera.ledger.drop,
    }
    return camera.frames.pipe(
        _clips(options, encoding, live=camera.live),
        analyze(
            model,
            options.prompt,
            max_concurrent=options.max_concurrent,
            capacity=options.max_concurrent + 1,
            overflow=overflow,
            timeout=options.timeout,
            max_age=options.max_age,
            scheduler=options.scheduler,
            ledger=camera.ledger,
        ),
        close_ledger(camera.ledger),
    )


def _clips(options: WatchOptions, encoding: Encoding, *, live: bool) -> Operator[Frame, Clip]:
    """Compose the steps that make clips of frames, with the effort that the options ask for."""
    every, frames, width = options.every, options.frames, options.width
    windows = buffer_by_time(every, on_drop=encoding.get("on_drop"))
    if options.effort == "copy":
        return compose(windows, encode_copy(**encoding))
    snap: Literal["keyframe"] | None = "keyframe" if options.effort == "keyframes" else None
    if live:  # cameras that began together would all decode when their windows close, at the same moment
        return clip_evenly(every, frames, snap=snap, width=width, **encoding)
    return compose(windows, sample_evenly(frames, snap=snap), encode_mp4(width, **encoding))
