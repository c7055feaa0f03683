"""watch_all: the same as `rxvlm.watch_all`, in several processes, on several machines."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_at_least, describe, suggest_options
from rxvlm.cluster.connection import connect, leave
from rxvlm.cluster.driving.driver import Driver, Wanted
from rxvlm.cluster.engine import check_ray
from rxvlm.cluster.recipe import Recipe, recipe
from rxvlm.cluster.task import Task
from rxvlm.cluster.travelling import check_travels
from rxvlm.concurrency.stop import Stop
from rxvlm.display import labels
from rxvlm.ledger import Ledger
from rxvlm.stream import Origin, Stream
from rxvlm.uri import address as address_of
from rxvlm.watching.cameras import CameraLike, Prompts, Told, checked_cameras
from rxvlm.watching.options import DEFAULTS, WatchOptions
from rxvlm.watching.watch_all import Cameras

CAMERAS_PER_SHARD: Final = 50
"""How many cameras keep a core busy: see docs/how-to/thousand_cameras.md for what was measured."""

ModelLike: TypeAlias = "str | Mapping[str, Any] | Recipe | None"


@suggest_options()
def watch_all(
    cameras: Cameras | Observable[Cameras],
    model: str | Mapping[str, Any] | Recipe | None = None,
    *,
    address: str | None = None,
    cameras_per_shard: int = CAMERAS_PER_SHARD,
    ledgers: Mapping[str, Ledger] | None = None,
    stop: Stop | None = None,
    clips: bool = False,
    **how: Any,  # noqa: ANN401 - of the types that `rxvlm.watch_all` says
) -> Stream[Analysis]:
    """Watch cameras in several processes, on as many machines as there are; the answers of all come as one stream.

    It returns the same stream as `rxvlm.watch_all`, and takes the same options. The cameras are distributed to
    *shards*,
    processes of Ray that watch several cameras each. If a shard dies or does not answer, its cameras move to another:
    no window is emitted twice, and lost frames are counted in the ledgers, as ``died``. Answers of one camera come in
    the order of its windows. By default the windows are on the wall clock (``aligned="clock"``), so that two owners of
    a camera make the same windows. A camera never waits: if the subscriber is too slow, a shard's oldest answers
    are dropped, and counted as ``overflow``; a film waits.

    Pass the name or a `recipe` of a model, a gate, a sampler or a step: each shard makes its own. The machine of a
    shard needs the files, too, under the same absolute path, and the keys of models in its environment.

    If a process dies during a question, you may have to pay for this question: a film asks it again, and for a camera
    it is lost.

    Args:
        cameras: Addresses, or `rxvlm.Camera` values with options of their own, by name; or a stream of such mappings,
            of which the newest lists the present cameras.
        model: The model: its name, as on the command line; a mapping such as a section of a file; or a `recipe`. None:
            the built-in one.
        address: ``"local"`` for processes of this machine only, or the address of a running Ray. None: the Ray that
            this process is connected to, or that ``RAY_ADDRESS`` names; if there is none, the same as ``"local"``.
        cameras_per_shard: How many cameras a process watches at most, at least 1.
        ledgers: Where their frames are counted, by name, as in `rxvlm.watch_all`: what each shard counts is
            shown here about every second.
        stop: Set it to end all cameras gently.
        clips: Whether the clips of answers have their bytes; otherwise they have only times and size.
        how: The options of `rxvlm.watch_all`.

    Returns:
        A cold Observable of analyses; ``analysis.clip.source`` is the camera's name. It ends when every camera has
        ended, and no more mappings come.

    Raises:
        MissingPartError: If Ray is not installed: ``pip install 'rxvlm[ray]'``.
        UriError: If an address is malformed or of no known kind.
        TypeError: If a value cannot be sent, such as a model object or a stream of frames, or there is no such option.
        ValueError: If there is no camera, or an option is out of range.
    """
    check_at_least("cameras_per_shard", cameras_per_shard, 1)
    told = _told(model, how)
    books: MutableMapping[str, Ledger] = {}

    def wanted(given: Mapping[str, CameraLike]) -> Wanted:
        return {name: (_task(name, one, told, clips=clips), book(name)) for name, one in given.items()}

    def book(name: str) -> Ledger:
        if name not in books:
            there = None if ledgers is None else ledgers.get(name)
            books[name] = there or Ledger(name)
            if isinstance(ledgers, MutableMapping):
                ledgers.setdefault(name, books[name])
        return books[name]

    checked = checked_cameras(cameras)
    if not isinstance(checked, Observable):
        told.check(list(checked))
        wanted(checked)  # what is wrong is an error here
    check_ray()
    mappings = checked if isinstance(checked, Observable) else reactivex.just(checked)

    def subscribe(observer: ObserverBase[Analysis], scheduler: SchedulerBase | None = None) -> DisposableBase:
        driver = Driver(observer, partial(connect, address), leave, most=cameras_per_shard)
        driver.start()
        listening = stop.listen(driver.stop) if stop is not None else Disposable()

        def change(given: Cameras) -> None:
            try:
                driver.change(wanted(given))
            except Exception as error:  # noqa: BLE001 - of a mapping that came later, it belongs into the stream
                driver.no_more(error)

        above = mappings.subscribe(change, driver.no_more, driver.no_more, scheduler=scheduler)
        return CompositeDisposable(above, listening, Disposable(driver.dispose))

    label = labels.call("cluster.watch_all", [told.model, told.prompts], {"every": told.options.every})
    return Stream.of(mappings, Origin(books)).then(lambda _: Observable(subscribe), label)


def _told(model: object, how: Mapping[str, Any]) -> Told:
    """Return what all cameras are told, if it can travel."""
    known = [one.name for one in fields(WatchOptions)]
    if unknown := next((name for name in how if name not in known), None):
        near = get_close_matches(unknown, known, 1)
        meant = f": did you mean {near[0]!r}?" if near else f"; it has {', '.join(known)}"
        raise TypeError(f"watch_all has no option {unknown!r}{meant}")
    prompts = cast("Prompts", how.get("prompt", DEFAULTS.prompt))
    given: dict[str, Any] = {"aligned": "clock", **how}
    options = WatchOptions(**{name: value for name, value in given.items() if name != "prompt"})
    return Told(_model(model), prompts, options)


def _model(model: object) -> Recipe | None:
    if model is None or isinstance(model, Recipe):
        return model
    if isinstance(model, str | Mapping):
        return recipe(cast("str | Mapping[str, Any]", model))
    raise TypeError(
        f"model is {describe(model)}, which holds locks and connections and cannot be sent to another process: pass "
        "its name as on the command line ('opencv'), a section of a file ({'use': 'opencv'}), or "
        "rxvlm.cluster.recipe('package.module:function', option=...)"
    )


def _task(name: str, camera: CameraLike, told: Told, *, clips: bool) -> Task:
    """Return what a shard is told of a camera.

    Raises:
        TypeError: If something of it cannot travel.
    """
    source, model, options = told.of(name, camera)
    if isinstance(source, Observable):
        raise TypeError(
            f"the camera {name!r} is a stream of frames, which cannot be sent to another process: pass an address"
        )
    where = address_of(source)
    if where.kind == "stdin":
        raise ValueError(f"the camera {name!r} is stdin, which other processes do not have: pass an address")
    path = Path(where.target).absolute() if where.kind == "file" else source
    different = {one.name: getattr(options, one.name) for one in fields(WatchOptions)}
    given = {one: value for one, value in different.items() if value != getattr(DEFAULTS, one)}
    check_travels(name, given)
    return Task(name, path, _model(model), given, clips=clips)
