"""What travels between the process that subscribes and its shards: tasks, results and heartbeats."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.cluster.deciding.resume import Resume
from rxvlm.cluster.recipe import Recipe
from rxvlm.display.named_errors import named_error
from rxvlm.errors import RxvlmError
from rxvlm.ledger import Entry, Tally


@dataclass(frozen=True, slots=True)
class Task:
    """A camera or film to watch.

    Attributes:
        camera: Its name.
        source: Its address.
        model: What makes its model; None for the built-in one.
        options: The options of `rxvlm.watch` that are not the usual ones, by name.
        generation: That of the owner who gets the task; its results bear it.
        resume: Where to go on.
        clips: Whether the answers bring the bytes of their clips.
    """

    camera: str
    source: str | Path = field(repr=False)  # it may hold a password
    model: Recipe | None
    options: Mapping[str, Any]
    generation: int = 1
    resume: Resume = field(default_factory=Resume)
    clips: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """An answer on its way.

    Attributes:
        camera: The name of the camera.
        generation: That of the owner.
        analysis: The answer.
    """

    camera: str
    generation: int
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Over:
    """The end of a camera: behind it no answer of this generation comes.

    Attributes:
        camera: The name of the camera.
        generation: That of the owner.
        report: How far it was.
        error: What it ended with; None if it ended well.
        released: Whether it only ended because it was to be given away.
    """

    camera: str
    generation: int
    report: Report
    error: Exception | None = None
    released: bool = False


Result: TypeAlias = Given | Over
"""What a shard sends back, in order for each camera."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a camera is.

    Attributes:
        camera: Its name.
        generation: That of the owner.
        tally: Its counts; answers that were lost on the way back are counted as lost.
        began: When its time 0 was, in seconds since 1970 (UTC); None for a film, or before the first frame.
        epoch: The newest epoch.
    """

    camera: str
    generation: int
    tally: Tally
    began: float | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat's answer.

    Attributes:
        reading: What the shard's clock says, to renew its lease with.
        reports: How far each camera is.
        entries: What ledgers have told since the last one, with the generation of the owner.
        memory: Bytes of the process in memory.
    """

    reading: float
    reports: Sequence[Report] = ()
    entries: Sequence[tuple[int, Entry]] = field(default=(), repr=False)
    memory: int = 0


def packed(results: Sequence[Result]) -> bytes:
    """Return results as bytes; a value or an error that cannot travel is sent as what JSON can hold of it."""
    try:
        return pickle.dumps(list(results))
    except Exception:  # noqa: BLE001 - whatever a value of the user's raises when it is pickled
        return pickle.dumps([_plain(result) for result in results])


def unpacked(data: bytes) -> list[Result]:
    """Return the results that `packed` made bytes of."""
    return pickle.loads(data)  # noqa: S301 - from a shard that this process has started


def _plain(result: Result) -> Result:
    if isinstance(result, Given):
        analysis = result.analysis
        return replace(result, analysis=Analysis.from_dict(analysis.to_dict(), analysis.clip))
    return result if result.error is None else replace(result, error=travelling(result.error))


def travelling(error: Exception) -> Exception:
    """Return an error as it can travel: itself, or one of its name and text."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes: some errors can be written and not read
    except Exception:  # noqa: BLE001 - whatever it raises
        return named_error(type(error).__name__, str(error)) or RxvlmError(f"{type(error).__name__}: {error}")
    return error


def without_bytes(analysis: Analysis) -> Analysis:
    """Return an answer whose clip is without its bytes."""
    clip = analysis.clip
    bare = Clip(None, clip.media_type, clip.times, clip.width, clip.height, span=clip.span)
    return replace(analysis, clip=bare)
