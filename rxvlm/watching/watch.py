"""The usual pipeline for one camera, composed of the operators: `watch`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypedDict, Unpack, get_args

from reactivex import Observable, compose
from reactivex import operators as ops
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
from rxvlm.operators.latest import Prompt
from rxvlm.operators.misuse import known, spelled_out
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.operators.stop_on import stop_on
from rxvlm.sources import Video, video
from rxvlm.stream import Operator
from rxvlm.vlm import Vlm

Source: TypeAlias = str | Path | Observable[Frame]
"""An address, or any stream of frames."""

Effort: TypeAlias = Literal["exact", "keyframes", "copy"]
"""How much is decoded for a clip: see `watch`."""

PROMPT: Final = "Describe what happens."
ELSEWHERE: Final = {"sampler": "; it samples evenly: compose the steps by hand for a sampler of your own"}
"""What to say of options that `watch` has not, and some look for."""


class Watching(TypedDict, total=False):
    """How cameras are watched; see `watch`."""

    prompt: Prompt
    every: float
    frames: int
    width: int | None
    effort: Effort
    pace: float | None
    max_concurrent: int
    timeout: float
    max_age: float | None
    scheduler: SchedulerBase | None


def watched(
    source: Source,
    model: Vlm,
    *,
    name: str | None,
    ledger: Ledger | None,
    stop: Stop | None,
    encoders: SchedulerBase | None,
    prompt: Prompt = PROMPT,
    every: float = 10.0,
    frames: int = 8,
    width: int | None = 640,
    effort: Effort = "exact",
    pace: float | None = None,
    max_concurrent: int = 1,
    timeout: float = 60.0,
    max_age: float | None = None,
    scheduler: SchedulerBase | None = None,
) -> Observable[Analysis]:
    """Watch as `watch` does; clips of a live source are made on ``encoders``, which may be shared."""
    camera, live, book = _camera(source, name, ledger, stop, pace)
    overflow = "drop_oldest" if live else "block"
    shared = encoders if live else None  # who is blocked must not hold what others need
    encoding: Encoding = {"overflow": overflow, "scheduler": scheduler or shared, "on_drop": book.drop}
    return camera.pipe(
        _clips(effort, every, frames, width, encoding, live=live),
        analyze(
            model,
            prompt,
            max_concurrent=max_concurrent,
            capacity=max_concurrent + 1,
            overflow=overflow,
            timeout=timeout,
            max_age=max_age,
            scheduler=scheduler,
            ledger=book,
        ),
        close_ledger(book),
    )


@spelled_out(Watching, watched)
def watch(
    source: Source,
    model: Vlm,
    *,
    name: str | None = None,
    ledger: Ledger | None = None,
    stop: Stop | None = None,
    **how: Unpack[Watching],
) -> Observable[Analysis]:
    """Ask a model about a video, window by window.

    A file waits for the model; a live source never waits, its oldest windows are lost
    instead, and counted. Answers come in the order of the windows.

    Args:
        source: An address (see `rxvlm.video`), or any stream of frames, taken as live.
        model: The model.
        name: What tables call the camera; None for its own name.
        ledger: Where its frames are counted; None for one of its own.
        stop: Set it for a gentle end: what is under way is finished.
        **how: ``prompt`` (a string or a function of the clip; "Describe what happens."),
            ``every`` (seconds of a window; 10), ``frames`` (in a clip; 8), ``width`` (pixels across
            of a clip at most, None: the frames' own; 640), ``effort`` (``"exact"``: the frames nearest to even
            moments; ``"keyframes"``: key frames only, a twentieth of the decoding; ``"copy"``: all that the
            camera sent in the window, nothing decoded, ``frames`` and ``width`` left aside), ``pace`` (of a
            file; None: as fast as it goes), ``max_concurrent`` (calls at a time; 1), ``timeout`` (seconds for an
            answer; 60), ``max_age`` (seconds after which an answer is not wanted; None),
            ``scheduler`` (encoders work and calls begin on it; None: threads of their own).

    Returns:
        A cold Observable of analyses; a failed call is one with an error.

    Raises:
        UriError: If an address is malformed or of no known kind.
        TypeError: If ``model`` is no model, there is no such option, or what must be a number is none.
        ValueError: If a number is out of range.
    """
    known(watch, how, ELSEWHERE)
    return watched(source, model, name=name, ledger=ledger, stop=stop, encoders=None, **how)


def _clips(
    effort: Effort, span: float, count: int, width: int | None, encoding: Encoding, *, live: bool
) -> Operator[Frame, Clip]:
    """Give the step that makes clips of frames, with so much effort."""
    if effort not in get_args(Effort):
        raise ValueError(f"effort must be one of {', '.join(get_args(Effort))}, not {effort!r}")
    snap: Literal["keyframe"] | None = "keyframe" if effort == "keyframes" else None
    if live and effort != "copy":  # many that began together would all decode when their windows close, and all at once
        return clip_evenly(span, count, snap=snap, width=width, **encoding)
    windows = buffer_by_time(span, on_drop=encoding.get("on_drop"))
    if effort == "copy":
        return compose(windows, encode_copy(**encoding))
    return compose(windows, sample_evenly(count, snap=snap), encode_mp4(width, **encoding))


def _camera(
    source: Source, name: str | None, ledger: Ledger | None, stop: Stop | None, pace: float | None
) -> tuple[Observable[Frame], bool, Ledger]:
    """Give the frames to watch, whether they are live, and the ledger in which they are counted."""
    if not isinstance(source, Observable):
        opened = video(source, name=name, pace=pace, stop=stop, ledger=ledger)
        return opened, opened.live, opened.ledger
    stopping = source if stop is None else source.pipe(stop_on(stop))
    if isinstance(source, Video) and ledger in (None, source.ledger) and name in (None, source.name):
        return stopping, source.live, source.ledger
    live = source.live if isinstance(source, Video) else True
    book = ledger or Ledger(name or (source.name if isinstance(source, Video) else "camera"))

    def counted(frame: Frame) -> Frame:
        named = frame if name is None or frame.source == name else replace(frame, source=name)
        book.state("live" if live else "playing")
        book.capture(named)
        return named

    def failed(error: Exception) -> None:
        book.state("failed", str(error))

    over = partial(book.state, "ended")
    return stopping.pipe(ops.map(counted), ops.do_action(None, failed, over)), live, book
