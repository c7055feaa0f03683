"""watch: ask a model about one camera, window by window."""

from __future__ import annotations

from collections.abc import Sequence

from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.arguments import suggest_options
from rxvlm.concurrency.stop import Stop
from rxvlm.ledger import Ledger
from rxvlm.media.areas import Box, Polygon
from rxvlm.operators.asking.prompts import Prompt
from rxvlm.stream import Stream
from rxvlm.ticks import Aligned
from rxvlm.vlm import Value, Vlm
from rxvlm.watching.camera import Source, analyses_of, open_camera
from rxvlm.watching.embedded import given_or_embedded
from rxvlm.watching.fields import Fields
from rxvlm.watching.options import DEFAULTS, Effort, Gate, Sampler, Steps, WatchOptions


@suggest_options()
def watch(
    source: Source,
    model: Vlm[Value] | None = None,
    *,
    name: str | None = None,
    ledger: Ledger | None = None,
    stop: Stop | None = None,
    prompt: Prompt = DEFAULTS.prompt,
    every: float = DEFAULTS.every,
    aligned: Aligned = DEFAULTS.aligned,
    frames: int = DEFAULTS.frames,
    width: int | None = DEFAULTS.width,
    effort: Effort = DEFAULTS.effort,
    fields: Fields | None = DEFAULTS.fields,
    gate: Gate | None = DEFAULTS.gate,
    sampler: Sampler | None = DEFAULTS.sampler,
    steps: Steps = DEFAULTS.steps,
    mask: Sequence[Polygon] = DEFAULTS.mask,
    crop: Box | None = DEFAULTS.crop,
    pace: float | None = DEFAULTS.pace,
    follow: bool = DEFAULTS.follow,
    max_concurrent: int = DEFAULTS.max_concurrent,
    timeout: float = DEFAULTS.timeout,
    max_age: float | None = DEFAULTS.max_age,
    scheduler: SchedulerBase | None = DEFAULTS.scheduler,
) -> Stream[Analysis[Value]]:
    """Ask a model about a video, window by window: ``rxvlm.watch("cars.mp4", model, prompt="Which cars?")``.

    A file waits for the model. A live source never waits: its oldest windows are dropped instead, and
    counted. Answers come in the order of the windows.

    Args:
        source: An address (see `rxvlm.video`), or any stream of frames. A stream that comes from `rxvlm.video`, also
            through `pipe`, is a film or a camera like the video; a stream of unknown origin is treated as live.
        model: The model. None: the built-in one, `rxvlm.models.opencv`, and the log says so once.
        name: The name of the camera in tables; None for its own name.
        ledger: Where its frames are counted; None for a ledger of its own.
        stop: Set it to end gently: captured frames are still asked about, and running calls finish.
        prompt: What to ask: a string, a function of the clip, or `rxvlm.operators.latest`.
        every: Seconds of video in a window, above 0; each window gets one answer.
        aligned: Where the windows of a camera begin. ``"source"``: at multiples of ``every`` since its first picture.
            ``"clock"``: at multiples of ``every`` on the wall clock, so that all cameras have the same windows; see
            `buffer_by_time`. The windows of a film always begin with its first picture.
        frames: Frames in a clip, at least 1.
        width: Pixels across of a clip at most, at least 2; None keeps the frames' own width.
        effort: How much is decoded. ``"exact"`` takes the frames nearest to evenly spaced moments. ``"keyframes"``
            takes key frames only, with a twentieth of the decoding. ``"copy"`` takes all packets of the camera in
            the window and decodes nothing; ``frames`` and ``width`` have no effect then.
        fields: Typed fields to ask for, as ``"people:int, colour:str"``; `Analysis.value` has them. Types are int,
            float, bool, str and list. None asks for text.
        gate: Which windows are asked about. ``"motion"``: those in which something moves, by `gate_by_motion`, which
            decodes two frames a second; or an operator of windows. None: all. The frames of other windows are counted
            as skipped.
        sampler: Which frames of a window are in its clip, at most ``frames``: ``"evenly"``, ``"sharpest"``,
            ``"changes"``, a function of a window and a count (see `sample_with`), or an operator of windows. None:
            evenly.
        steps: Operators between windows and sampler, behind the gate.
        mask: Polygons that are made black before anything is encoded, kept or sent, each a list of points (x, y) in
            per mille of the picture, 0 to 1000; see `rxvlm.operators.mask`. Not with ``effort="copy"``.
        crop: The part of the picture that is used: left, top, right and bottom in per mille, 0 to 1000; see
            `rxvlm.operators.crop`. A mask is in per mille of the whole picture. Not with ``effort="copy"``.
        pace: Speed of a file, as a multiple of real time, above 0; None plays it as fast as the model answers.
        follow: Whether a file may still grow: then the stream ends when the file has not grown for 10 s.
        max_concurrent: Calls at a time, at least 1.
        timeout: Seconds for an answer, above 0.
        max_age: Seconds since the end of a window after which its answer is of no use, above 0; None: no limit.
        scheduler: Where clips are encoded and calls begin; None uses threads of the library.

    Returns:
        A cold `Stream` of analyses, with the camera's ``name``, ``live`` and ``ledger``; a failed call is an analysis
        with an error.

    Raises:
        UriError: If an address is malformed or of no known kind.
        TypeError: If ``model`` is not a model, there is no such option, or a number is not a number.
        ValueError: If a number is out of range, a name is unknown, or two options exclude each other.
        SourceError: In the stream, if a film cannot be read (`SourceNotFoundError`, `NoVideoError`,
            `SourceBrokenError`). A camera that is away raises nothing: that is a state of the ledger, and it is tried
            again.
        ModelError: In the stream, as `Analysis.error`: the stream goes on.
    """
    options = WatchOptions(
        prompt=prompt,
        every=every,
        aligned=aligned,
        frames=frames,
        width=width,
        effort=effort,
        fields=fields,
        gate=gate,
        sampler=sampler,
        steps=steps,
        mask=mask,
        crop=crop,
        pace=pace,
        follow=follow,
        max_concurrent=max_concurrent,
        timeout=timeout,
        max_age=max_age,
        scheduler=scheduler,
    )
    camera = open_camera(source, options, name=name, ledger=ledger, stop=stop)
    return analyses_of(camera, given_or_embedded(model, options.fields), options, stop=stop)
