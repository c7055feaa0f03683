"""Many cameras, watched together, that may come and go: `watch_all`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import TypeAlias, Unpack

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.subject import Subject

from rxvlm.analysis import Analysis
from rxvlm.concurrency.stop import Stop
from rxvlm.concurrency.workers import Workers
from rxvlm.ledger import Ledger
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.operators.misuse import known, shown, spelled_out
from rxvlm.operators.stop_on import stop_on
from rxvlm.sources import Video
from rxvlm.vlm import Vlm, check_model
from rxvlm.watching.watch import ELSEWHERE, Source, Watching, watched

Cameras: TypeAlias = Mapping[str, Source]
"""Addresses or streams of frames, by name."""


@spelled_out(Watching, watched)
def watch_all(
    cameras: Cameras | Observable[Cameras],
    model: Vlm,
    *,
    ledgers: Mapping[str, Ledger] | None = None,
    stop: Stop | None = None,
    **how: Unpack[Watching],
) -> Observable[Analysis]:
    """Watch several cameras at once; the answers of all come as one stream.

    A camera that fails harms no other: its error comes when all have ended, several
    as an ExceptionGroup. Clips of live cameras are made by as many threads as there are
    cores, which all share.

    Cameras may come and go: of a stream of mappings the newest says which there are. Those that are
    new are begun, those that are not in it any more are left at once, one whose source is another
    is left and begun anew, and the others go on as they are.

    Args:
        cameras: Addresses or streams of frames, by name; or a stream of such mappings.
        model: The model, asked by all.
        ledgers: Where their frames are counted, by name; a dict is given those of cameras that
            it has none for. None for ledgers of their own.
        stop: Set it for a gentle end of all.
        **how: As `watch` has it, for every camera.

    Returns:
        A cold Observable of analyses; ``analysis.clip.source`` is the camera's name. It ends when
        every camera has, and no more mappings come.

    Raises:
        UriError: If an address is malformed or of no known kind; of a camera that comes later, that
            is the error of the camera.
        TypeError: If ``model`` is no model, cameras have no names, or an option is not there or no number.
        ValueError: If there is no camera, or a number is out of range.
    """
    known(watch_all, how, ELSEWHERE)
    check_model(model)
    if not isinstance(cameras, Mapping | Observable):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"watch_all takes cameras by name, as in {{'yard': address}}, not {shown(cameras)}")

    def make(name: str, source: Source, encoders: SchedulerBase | None) -> Observable[Analysis]:
        ledger = _ledger_of(name, source, ledgers)
        return watched(source, model, name=name, ledger=ledger, stop=stop, encoders=encoders, **how)

    if not isinstance(cameras, Observable):
        if not cameras:
            raise ValueError("there is no camera to watch")
        for name, source in cameras.items():
            make(name, source, None)  # so that what is wrong is said at once
    mappings = cameras if isinstance(cameras, Observable) else reactivex.just(cameras)
    mappings = mappings if stop is None else mappings.pipe(stop_on(stop))

    def together(_scheduler: SchedulerBase | None) -> Observable[Analysis]:
        encoders = Workers("rxvlm-encode", most=os.cpu_count() or 1)
        present = _Present(lambda name, source: make(name, source, encoders))
        begun = mappings.pipe(ops.flat_map(present.change))
        merged = begun.pipe(flat_map_bounded(_itself, max_concurrent=sys.maxsize, capacity=0, overflow="error"))
        rest = reactivex.defer(lambda _: reactivex.throw(_one(present.failed)) if present.failed else reactivex.empty())
        return reactivex.concat(merged, rest).pipe(ops.finally_action(encoders.close))

    return reactivex.defer(together)


class _Present:
    """The cameras that there are, of one subscription.

    Args:
        make: Makes the analyses of a camera.
    """

    def __init__(self, make: Callable[[str, Source], Observable[Analysis]]) -> None:
        self.failed: list[Exception] = []
        self._make = make
        self._cameras: dict[str, tuple[Source, Subject[None]]] = {}

    def change(self, cameras: Cameras) -> Observable[Observable[Analysis]]:
        """Leave the cameras that are gone, and give the analyses of those that are new."""
        for name, (source, gone) in list(self._cameras.items()):
            if name not in cameras or cameras[name] != source:
                del self._cameras[name]
                gone.on_next(None)
        new = {name: source for name, source in cameras.items() if name not in self._cameras}
        self._cameras |= {name: (source, Subject()) for name, source in new.items()}
        return reactivex.from_iterable([self._begin(name, *self._cameras[name]) for name in new])

    def _begin(self, name: str, source: Source, gone: Subject[None]) -> Observable[Analysis]:
        return reactivex.defer(lambda _: self._make(name, source)).pipe(
            ops.do_action(None, self.failed.append), ops.catch(reactivex.empty()), ops.take_until(gone)
        )


def _ledger_of(name: str, source: Source, ledgers: Mapping[str, Ledger] | None) -> Ledger | None:
    if isinstance(ledgers, MutableMapping):
        return ledgers.setdefault(name, source.ledger if isinstance(source, Video) else Ledger(name))
    return None if ledgers is None else ledgers.get(name)


def _itself(camera: Observable[Analysis]) -> Observable[Analysis]:
    return camera


def _one(errors: list[Exception]) -> Exception:
    return errors[0] if len(errors) == 1 else ExceptionGroup(f"{len(errors)} cameras failed", errors)
