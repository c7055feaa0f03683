"""One camera: its frames, opened and counted, and the pipeline from frames to answers that `watch` is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from reactivex import Observable
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
from rxvlm.operators.gate_by_motion import gate_by_motion
from rxvlm.operators.keep_fullest import keep_fullest
from rxvlm.operators.on_backpressure_buffer import on_backpressure_buffer
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.operators.skip_short_end import skip_short_end
from rxvlm.sources import video
from rxvlm.sources.running.delivery import counted
from rxvlm.stream import Operator, Stream
from rxvlm.stream.composing import compose
from rxvlm.vlm import Vlm
from rxvlm.watching.at_first_item import at_first_item
from rxvlm.watching.options import WatchOptions
from rxvlm.watching.stop_on import stop_on
from rxvlm.window import Window

Source: TypeAlias = str | Path | Observable[Frame]
"""An address, or any stream of frames."""


def open_camera(
    source: Source,
    *,
    name: str | None,
    ledger: Ledger | None,
    stop: Stop | None,
    pace: float | None,
    follow: bool = False,
) -> Stream[Frame]:
    """Open an address or a stream of frames as a camera whose frames are counted once, in the ledger that it carries.

    Args:
        source: An address, or a stream of frames. A stream that has a ledger counts in it; if another ledger or name is
            asked for, its source is taken again, to count there instead. The frames of any other stream are counted
            here, and it is treated as live.
        name: What tables call the camera; None for its own name.
        ledger: Where its frames are counted; None for one of its own.
        stop: Ends the frames gently.
        pace: Speed of a file, as a multiple of real time, above 0; None for no limit.
        follow: Whether a file may still grow.

    Raises:
        UriError: If an address is malformed or of no known kind.
    """
    if not isinstance(source, Observable):
        return video(source, name=name, pace=pace, follow=follow, stop=stop, ledger=ledger)
    frames = Stream.of(source)
    if frames.ledger is None or ledger not in (None, frames.ledger) or name not in (None, frames.name):
        called = name or (ledger and ledger.name) or frames.name or "camera"
        book = ledger or Ledger(called)
        counted_there = frames.counted_in(book, called)
        frames = counted_there or counted(frames, book, live=frames.live is not False, name=called if name else None)
    return frames if stop is None else frames.pipe(stop_on(stop))


def analyses_of(
    camera: Stream[Frame], model: Vlm, options: WatchOptions, *, encoders: SchedulerBase | None = None
) -> Stream[Analysis]:
    """Build the pipeline from a camera's frames to the model's answers.

    Args:
        camera: The camera, whose ledger is known.
        model: The model.
        options: How the camera is watched.
        encoders: Where clips of a live camera are encoded, which cameras may share; None uses threads of its own.

    Raises:
        TypeError: If ``model`` is not a model.
    """
    ledger = camera.ledger
    if ledger is None:
        raise AssertionError("open_camera gives each camera a ledger")

    def asked() -> Operator[Frame, Analysis]:
        return _asked(ledger, model, options, encoders, live=camera.live is not False)

    once = asked()  # wrong arguments are an error here, also of a source that must be looked at first
    return camera.pipe(at_first_item(asked) if camera.live is None else once, close_ledger(ledger))


def _asked(
    ledger: Ledger, model: Vlm, options: WatchOptions, encoders: SchedulerBase | None, *, live: bool
) -> Operator[Frame, Analysis]:
    """Compose the steps from frames to answers; those of a film wait for the model, those of a live source do not."""
    overflow = "drop_oldest" if live else "block"
    shared = encoders if live else None  # a blocked encoder of a file must not hold a thread that cameras need
    encoding: Encoding = {
        "overflow": overflow,
        "scheduler": options.scheduler or shared,
        "on_drop": ledger.drop,
    }
    return compose(
        _clips(options, encoding, live=live),
        analyze(
            model,
            options.prompt,
            max_concurrent=options.max_concurrent,
            capacity=options.max_concurrent + 1,
            overflow=overflow,
            timeout=options.timeout,
            max_age=options.max_age,
            scheduler=options.scheduler,
            ledger=ledger,
        ),
    )


def _clips(options: WatchOptions, encoding: Encoding, *, live: bool) -> Operator[Frame, Clip]:
    """Compose the steps that make clips of frames, with the effort that the options ask for."""
    every, frames, width = options.every, options.frames, options.width
    drop = encoding.get("on_drop")
    windows = compose(buffer_by_time(every, on_drop=drop), keep_fullest(on_drop=drop))
    if not live:  # the end of a film; that of a camera comes when the user leaves
        windows = compose(windows, skip_short_end(on_drop=drop))
    if options.gate == "motion":
        windows = compose(windows, _gate(encoding, live=live))
    if options.effort == "copy":
        return compose(windows, encode_copy(**encoding))
    snap: Literal["keyframe"] | None = "keyframe" if options.effort == "keyframes" else None
    if (
        live and options.gate is None
    ):  # cameras that began together would all decode when their windows close, at the same moment
        return clip_evenly(every, frames, snap=snap, width=width, fullest=True, **encoding)
    return compose(windows, sample_evenly(frames, snap=snap), encode_mp4(width, **encoding))


def _gate(encoding: Encoding, *, live: bool) -> Operator[Window, Window]:
    """Compose the gate; that of a camera decodes on a thread of its own, so that it never holds up the camera."""
    drop, scheduler = encoding.get("on_drop"), encoding.get("scheduler")
    gate = gate_by_motion(on_drop=drop)
    if not live:
        return gate
    return compose(on_backpressure_buffer(1, "drop_oldest", scheduler=scheduler, on_drop=drop), gate)
