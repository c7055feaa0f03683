"""One camera: its frames, opened and counted, and the pipeline from frames to answers that `watch` is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias, cast

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.stop import Stop
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.operators.analyze import analyze
from rxvlm.operators.bounding.rules import Overflow
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.clip_evenly import clip_evenly
from rxvlm.operators.crop import crop
from rxvlm.operators.encode_copy import encode_copy
from rxvlm.operators.encode_mp4 import encode_mp4
from rxvlm.operators.encode_with import Encoding
from rxvlm.operators.gate_by_motion import gate_by_motion
from rxvlm.operators.keep_fullest import keep_fullest
from rxvlm.operators.mask import mask
from rxvlm.operators.on_backpressure_buffer import on_backpressure_buffer
from rxvlm.operators.sample_changes import sample_changes
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.operators.sample_sharpest import sample_sharpest
from rxvlm.operators.sample_with import Strategy, is_strategy, sample_with
from rxvlm.operators.skip_short_end import skip_short_end
from rxvlm.sources import video
from rxvlm.sources.running.delivery import counted
from rxvlm.stream import Operator, Stream
from rxvlm.stream.composing import compose
from rxvlm.vlm import Vlm
from rxvlm.watching.at_first_item import at_first_item
from rxvlm.watching.closing import closing
from rxvlm.watching.options import WatchOptions
from rxvlm.watching.stop_on import stop_on
from rxvlm.window import Window

Source: TypeAlias = str | Path | Observable[Frame]
"""An address, or any stream of frames."""


def open_camera(
    source: Source,
    options: WatchOptions,
    *,
    name: str | None,
    ledger: Ledger | None,
    stop: Stop | None,
) -> Stream[Frame]:
    """Open an address or a stream of frames as a camera whose frames are counted once, in the ledger that it carries.

    What a mask or a crop hides is hidden in its frames, so that nothing behind can show it.

    Args:
        source: An address, or a stream of frames. A stream that has a ledger counts in it; if another ledger or name is
            asked for, its source is taken again, to count there instead. The frames of any other stream are counted
            here, and it is treated as live.
        options: How the camera is watched.
        name: What tables call the camera; None for its own name.
        ledger: Where its frames are counted; None for one of its own.
        stop: Ends the frames gently.

    Raises:
        UriError: If an address is malformed or of no known kind.
        ValueError: If something is to be hidden in frames that are remembered before, for the clips of events.
    """
    frames = _counted(source, options, name=name, ledger=ledger, stop=stop)
    hides = next((option for option in ("mask", "crop") if getattr(options, option)), None)
    if hides and "EventClips.record" in frames.steps:
        raise ValueError(
            f"the clips of events would show what {hides} hides: put rxo.{hides}(...) before EventClips.record instead"
        )
    frames = frames.pipe(mask(options.mask)) if options.mask else frames
    return frames if options.crop is None else frames.pipe(crop(options.crop))


def _counted(
    source: Source, options: WatchOptions, *, name: str | None, ledger: Ledger | None, stop: Stop | None
) -> Stream[Frame]:
    if not isinstance(source, Observable):
        return video(source, name=name, pace=options.pace, follow=options.follow, stop=stop, ledger=ledger)
    frames = Stream.of(source)
    if frames.ledger is None or ledger not in (None, frames.ledger) or name not in (None, frames.name):
        called = name or (ledger and ledger.name) or frames.name or "camera"
        book = ledger or Ledger(called)
        counted_there = frames.counted_in(book, called)
        frames = counted_there or counted(frames, book, live=frames.live is not False, name=called if name else None)
    return frames if stop is None else frames.pipe(stop_on(stop))


def analyses_of(
    camera: Stream[Frame],
    model: Vlm,
    options: WatchOptions,
    *,
    stop: Stop | None = None,
    encoders: SchedulerBase | None = None,
    on_clip: Callable[[Clip], None] | None = None,
) -> Stream[Analysis]:
    """Build the pipeline from a camera's frames to the model's answers.

    Args:
        camera: The camera, whose ledger is known.
        model: The model.
        options: How the camera is watched.
        stop: What ends the camera gently: a film that is paused is not waited for then.
        encoders: Where clips of a live camera are encoded, which cameras may share; None uses threads of its own.
        on_clip: Called with each clip before its turn to be asked about; it must return at once. None: nothing is.

    Raises:
        TypeError: If ``model`` is not a model.
    """
    ledger = camera.ledger
    if ledger is None:
        raise AssertionError("open_camera gives each camera a ledger")

    def asked() -> Operator[Frame, Analysis]:
        """Compose the steps; those of a film wait for the model, those of a live source do not."""
        live = camera.live is not False
        overflow = "drop_oldest" if live else "block"
        shared = encoders if live else None  # a blocked encoder of a file must not hold a thread that cameras need
        encoding: Encoding = {
            "overflow": overflow,
            "scheduler": options.scheduler or shared,
            "on_drop": ledger.drop,
        }
        clips = _clips(options, encoding, live=live)
        clips = clips if on_clip is None else compose(clips, ops.do_action(on_clip))
        return compose(clips, _analyzed(ledger, model, options, overflow))

    once = asked()  # wrong arguments are an error here, also of a source that must be looked at first
    return camera.pipe(at_first_item(asked) if camera.live is None else once, closing(ledger, stop))


def _analyzed(ledger: Ledger, model: Vlm, options: WatchOptions, overflow: Overflow) -> Operator[Clip, Analysis]:
    return analyze(
        model,
        options.prompt,
        max_concurrent=options.max_concurrent,
        capacity=options.max_concurrent + 1,
        overflow=overflow,
        timeout=options.timeout,
        max_age=options.max_age,
        scheduler=options.scheduler,
        ledger=ledger,
    )


def _clips(options: WatchOptions, encoding: Encoding, *, live: bool) -> Operator[Frame, Clip]:
    """Compose the steps that make clips of frames, with the effort that the options ask for."""
    every, frames, width, aligned = options.every, options.frames, options.width, options.aligned
    drop = encoding.get("on_drop")
    windows = compose(buffer_by_time(every, aligned=aligned, on_drop=drop), keep_fullest(on_drop=drop))
    if not live:  # the end of a film; that of a camera comes when the user leaves
        windows = compose(windows, skip_short_end(on_drop=drop))
    chosen = _chosen(options, encoding, live=live)
    windows = compose(windows, *chosen)
    if options.effort == "copy":
        return compose(windows, encode_copy(**encoding))
    if options.sampler not in (None, "evenly"):
        return compose(windows, _sampler(options), encode_mp4(width, **encoding))
    snap: Literal["keyframe"] | None = "keyframe" if options.effort == "keyframes" else None
    if live and not chosen:  # cameras that began together would all decode when their windows close, at the same moment
        return clip_evenly(every, frames, snap=snap, width=width, fullest=True, aligned=aligned, **encoding)
    return compose(windows, sample_evenly(frames, snap=snap), encode_mp4(width, **encoding))


def _chosen(options: WatchOptions, encoding: Encoding, *, live: bool) -> list[Operator[Window, Window]]:
    """Return the gate and the user's steps.

    Those of a camera, and a sampler that decodes, run on a thread of their own, so that they never hold up the camera.
    """
    drop = encoding.get("on_drop")
    gate = gate_by_motion(on_drop=drop) if options.gate == "motion" else options.gate
    steps = [*([] if gate is None else [gate]), *options.steps]
    if live and (steps or options.sampler not in (None, "evenly")):
        hop = on_backpressure_buffer(1, "drop_oldest", scheduler=encoding.get("scheduler"), on_drop=drop)
        return [hop, *steps]
    return steps


def _sampler(options: WatchOptions) -> Operator[Window, Window]:
    sampler = options.sampler
    if sampler == "sharpest":
        return sample_sharpest(options.frames)
    if sampler == "changes":
        return sample_changes(options.frames)
    if is_strategy(sampler):
        return sample_with(cast("Strategy", sampler), options.frames)
    return cast("Operator[Window, Window]", sampler)
