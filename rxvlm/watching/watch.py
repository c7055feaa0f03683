"""watch: ask a model about one camera, window by window."""

from __future__ import annotations

from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.arguments import suggest_options
from rxvlm.concurrency.stop import Stop
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.prompts import Prompt
from rxvlm.stream import Stream
from rxvlm.vlm import Value, Vlm
from rxvlm.watching.camera import Source, analyses_of, open_camera
from rxvlm.watching.embedded import given_or_embedded
from rxvlm.watching.options import DEFAULTS, HINTS, Effort, Gate, WatchOptions


@suggest_options(HINTS)
def watch(
    source: Source,
    model: Vlm[Value] | None = None,
    *,
    name: str | None = None,
    ledger: Ledger | None = None,
    stop: Stop | None = None,
    prompt: Prompt = DEFAULTS.prompt,
    every: float = DEFAULTS.every,
    frames: int = DEFAULTS.frames,
    width: int | None = DEFAULTS.width,
    effort: Effort = DEFAULTS.effort,
    pace: float | None = DEFAULTS.pace,
    follow: bool = DEFAULTS.follow,
    max_concurrent: int = DEFAULTS.max_concurrent,
    timeout: float = DEFAULTS.timeout,
    max_age: float | None = DEFAULTS.max_age,
    gate: Gate | None = DEFAULTS.gate,
    scheduler: SchedulerBase | None = DEFAULTS.scheduler,
) -> Stream[Analysis[Value]]:
    """Ask a model about a video, window by window.

    A file waits for the model. A live source never waits: its oldest windows are lost instead, and
    counted. Answers come in the order of the windows.

    Args:
        source: An address (see `rxvlm.video`), or any stream of frames. What `pipe` makes of a
            `rxvlm.video` is known to be a film or a camera; a stream of unknown origin is treated as live.
        model: The model. None: the built-in one, `rxvlm.models.opencv`, and the log says so once.
        name: What tables call the camera; None for its own name.
        ledger: Where its frames are counted; None for one of its own.
        stop: Set it to end gently: what is under way is finished.
        prompt: What to ask: a string, a function of the clip, or `rxvlm.operators.latest`.
        every: Seconds of video in a window, above 0; each window gets one answer.
        frames: Frames in a clip, at least 1.
        width: Pixels across of a clip at most, at least 2; None keeps the frames' own width.
        effort: How much is decoded. ``"exact"`` takes the frames nearest to evenly spaced moments. ``"keyframes"``
            takes key frames only, with a twentieth of the decoding. ``"copy"`` takes all that the camera sent in
            the window and decodes nothing; ``frames`` and ``width`` do not matter then.
        pace: Speed of a file, as a multiple of real time, above 0; None plays it as fast as the model answers.
        follow: Whether a file may still grow: then it ends where it has not grown for 10 s.
        max_concurrent: Calls at a time, at least 1.
        timeout: Seconds for an answer, above 0.
        max_age: Seconds since the end of a window after which its answer is no longer wanted, above 0; None: no limit.
        gate: ``"motion"`` asks only about windows in which something moves, by `gate_by_motion`, which decodes two
            frames a second; None asks about all. The frames of the others are counted as skipped.
        scheduler: Where clips are encoded and calls begin; None uses threads of the library's own.

    Returns:
        A cold `Stream` of analyses, with the camera's ``name``, ``live`` and ``ledger``; a failed call is an analysis
        with an error.

    Raises:
        UriError: If an address is malformed or of no known kind.
        TypeError: If ``model`` is not a model, there is no such option, or a number is not a number.
        ValueError: If a number is out of range.
    """
    options = WatchOptions(
        prompt=prompt,
        every=every,
        frames=frames,
        width=width,
        effort=effort,
        pace=pace,
        follow=follow,
        max_concurrent=max_concurrent,
        timeout=timeout,
        max_age=max_age,
        gate=gate,
        scheduler=scheduler,
    )
    camera = open_camera(source, name=name, ledger=ledger, stop=stop, pace=options.pace, follow=options.follow)
    return analyses_of(camera, given_or_embedded(model), options)
