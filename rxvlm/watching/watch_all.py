"""watch_all: many cameras watched together, which may come and go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TypeAlias, cast

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.subject import Subject

from rxvlm.analysis import Analysis
from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.stop import Stop
from rxvlm.concurrency.workers import Workers
from rxvlm.display import labels
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.media.areas import Box, Polygon
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.stream import Origin, Stream
from rxvlm.ticks import Aligned
from rxvlm.vlm import Value, Vlm, check_model
from rxvlm.watching.camera import Source, analyses_of, open_camera
from rxvlm.watching.cameras import CameraLike, Prompts, Told, checked_cameras
from rxvlm.watching.embedded import given_or_embedded
from rxvlm.watching.failed_cameras import error_of_cameras
from rxvlm.watching.fields import Fields
from rxvlm.watching.options import DEFAULTS, Effort, Gate, Sampler, Steps, WatchOptions
from rxvlm.watching.stop_on import stop_on

Cameras: TypeAlias = Mapping[str, CameraLike]
"""Addresses, streams of frames, or `Camera` values, by name."""


@suggest_options()
def watch_all(
    cameras: Cameras | Observable[Cameras],
    model: Vlm[Value] | None = None,
    *,
    ledgers: Mapping[str, Ledger] | None = None,
    stop: Stop | None = None,
    prompt: Prompts = DEFAULTS.prompt,
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
    """Watch several cameras at once: ``rxvlm.watch_all({"gate": "rtsp://10.0.0.7/main", "yard": "demo:yard"}, model)``.

    The answers of all come as one stream. If a camera fails, the others go on: its error comes when all have ended,
    and several errors come as an ExceptionGroup. `rxvlm.collect` then returns the answers of the others, and says
    which failed. All live cameras share as many encoding threads as there are cores.

    Cameras may come and go: pass a stream of mappings. The newest mapping lists the present cameras. New cameras are
    started, cameras that are not listed any more are disposed of at once, a camera with another
    source is disposed of and started again, and the others continue.

    Args:
        cameras: Addresses, streams of frames, or `Camera` values with options of their own, by name; or a stream of
            such mappings.
        model: The model of all cameras that do not have their own; None for the built-in one, as in
            `watch`.
        ledgers: Where their frames are counted, by name. If a dict does not have a camera, it is added
            with a new ledger. None: each camera has a ledger of its own.
        stop: Set it to end all cameras gently.
        prompt: As in `watch`, and so are all options below, for every camera that has no value of its own; or a
            mapping of prompts, by the names of the cameras.
        every: Seconds of video in a window.
        aligned: Where the windows of a camera begin.
        frames: Frames in a clip.
        width: Pixels across of a clip at most.
        effort: How much is decoded.
        fields: Typed fields to ask for.
        gate: Which windows are asked about.
        sampler: Which frames of a window are in its clip.
        steps: Operators between windows and sampler.
        mask: Polygons that are made black, in per mille of the picture, 0 to 1000.
        crop: The part of the picture that is used: left, top, right and bottom in per mille, 0 to 1000.
        pace: Speed of a file, as a multiple of real time, above 0; None for no limit.
        follow: Whether files may still grow.
        max_concurrent: Calls at a time for each camera.
        timeout: Seconds for an answer.
        max_age: Seconds after which an answer is of no use.
        scheduler: Where clips are encoded and calls begin.

    Returns:
        A cold Observable of analyses; ``analysis.clip.source`` is the camera's name. It ends when
        every camera has ended, and no more mappings come.

    Raises:
        UriError: If an address is malformed or of no known kind; if the camera was added later, this
            is the error of that camera.
        TypeError: If ``model`` is not a model, cameras have no names, there is no such option, or a value is of the
            wrong type.
        ValueError: If there is no camera, a prompt is for an unknown camera, a value is out of range, or two options
            exclude each other.
        SourceError: In the stream, when all cameras have ended, if one of them failed: a film that cannot be read. A
            camera that is away raises nothing: that is a state of its ledger, and it is tried again.
        ModelError: In the stream, as `Analysis.error`: the stream goes on.
    """
    options = WatchOptions(
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
    return watch_together(cameras, Told(model, prompt, options), ledgers=ledgers, stop=stop)


def watch_together(
    cameras: Cameras | Observable[Cameras],
    told: Told,
    *,
    ledgers: Mapping[str, Ledger] | None = None,
    stop: Stop | None = None,
    on_clip: Callable[[Clip], None] | None = None,
) -> Stream[Analysis]:
    """Do what `watch_all` does, with options that have been checked.

    Args:
        cameras: As of `watch_all`.
        told: The model, the prompts and the other options.
        ledgers: As of `watch_all`.
        stop: As of `watch_all`.
        on_clip: Called with each clip before its turn to be asked about; it must return at once.
    """

    def opened(name: str, one: CameraLike) -> _Opened:
        source, model, options = told.of(name, one)
        ledger = _ledger_of(name, source, ledgers)
        camera = open_camera(source, options, name=name, ledger=ledger, stop=stop)
        books[name] = cast("Ledger", camera.ledger)
        return camera, given_or_embedded(model, options.fields), options

    books: dict[str, Ledger] = {}
    known: Mapping[str, _Opened] = {}
    cameras = checked_cameras(cameras)
    if told.model is not None:
        check_model(told.model)
    if not isinstance(cameras, Observable):
        told.check(list(cameras))
        known = {name: opened(name, one) for name, one in cameras.items()}  # what is wrong is an error here
    mappings = cameras if isinstance(cameras, Observable) else reactivex.just(cameras)
    mappings = mappings if stop is None else mappings.pipe(stop_on(stop))

    def together(_scheduler: SchedulerBase | None) -> Observable[Analysis]:
        encoders = Workers("rxvlm-encode", most=os.cpu_count() or 1)

        def begin(name: str, one: CameraLike) -> Observable[Analysis]:
            return analyses_of(*(known.get(name) or opened(name, one)), stop=stop, encoders=encoders, on_clip=on_clip)

        present = _Present(begin)
        begun = mappings.pipe(ops.flat_map(present.change))
        merged = begun.pipe(flat_map_bounded(_itself, max_concurrent=sys.maxsize, capacity=0, overflow="error"))
        rest = reactivex.defer(lambda _: reactivex.throw(present.error()) if present.failed else reactivex.empty())
        return reactivex.concat(merged, rest).pipe(ops.finally_action(encoders.close))

    looks = [camera.look for camera, *_ in known.values() if camera.look is not None]
    origin = Origin(books, look=lambda: "".join(look() for look in looks))
    every, frames = told.options.every, told.options.frames
    asked = list({model.name: model for _, model, _ in known.values()}.values()) or [told.model]
    label = labels.call("watch_all", [*asked, told.prompts], {"every": every, "frames": frames})
    return Stream.of(mappings, origin).then(lambda _: reactivex.defer(together), label)


_Opened: TypeAlias = tuple[Stream[Frame], Vlm, WatchOptions]


class _Present:
    """The cameras that are there now, of one subscription.

    Args:
        begin: Returns the analyses of a camera, by its name and what it is.
    """

    def __init__(self, begin: Callable[[str, CameraLike], Observable[Analysis]]) -> None:
        self.failed: dict[str, Exception] = {}
        self._begin = begin
        self._cameras: dict[str, tuple[CameraLike, Subject[None]]] = {}
        self._begun: set[str] = set()

    def change(self, cameras: Cameras) -> Observable[Observable[Analysis]]:
        """Dispose of the cameras that are gone; return the analyses of each new one."""
        for name, (camera, gone) in list(self._cameras.items()):
            if name not in cameras or cameras[name] != camera:
                del self._cameras[name]
                gone.on_next(None)
        new = {name: (camera, Subject[None]()) for name, camera in cameras.items() if name not in self._cameras}
        self._cameras |= new
        self._begun |= {*new}
        return reactivex.from_iterable([self._until_gone(name, *camera) for name, camera in new.items()])

    def error(self) -> Exception:
        """Return what the stream ends with: the error of the camera that failed, or a group of several."""
        return error_of_cameras(self.failed, begun=len(self._begun))

    def _until_gone(self, name: str, camera: CameraLike, gone: Subject[None]) -> Observable[Analysis]:
        return reactivex.defer(lambda _: self._begin(name, camera)).pipe(
            ops.do_action(None, lambda error: self.failed.update({name: error})),
            ops.catch(reactivex.empty()),
            ops.take_until(gone),
        )


def _ledger_of(name: str, source: Source, ledgers: Mapping[str, Ledger] | None) -> Ledger | None:
    if isinstance(ledgers, MutableMapping):
        return ledgers.setdefault(name, (source.ledger if isinstance(source, Stream) else None) or Ledger(name))
    return None if ledgers is None else ledgers.get(name)


def _itself(camera: Observable[Analysis]) -> Observable[Analysis]:
    return camera
