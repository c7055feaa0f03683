"""save_clips: save the clips of answers and events as files."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.display.wall_time import file_time
from rxvlm.errors import ClipGoneError
from rxvlm.event import Event
from rxvlm.sinks.jsonl import as_record, json_line

_UNSAFE: Final = re.compile(r"[^\w.-]+")
_LONGEST: Final = 60
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_PRIVATE: Final = 0o600


@suggest_options()
def save_clips(folder: str | Path) -> Callable[[Analysis | Event], Path]:
    """Make an observer that saves the clip of each analysis or event, and beside it the analysis or event as JSON.

    The path of a file is the name of its camera and the local time at which its window begins, with milliseconds if the
    window is shorter than a second: ``yard/2026-11-29T07-35-40+0100.mp4``. Clips of a film are in a folder named after
    the
    time at which this observer was made, and have the time in the film as their name:
    ``people/2026-11-29T07-35-40+0100/00-00-10.mp4``. The JSON has the same name: ``....json``. The name of the clip of
    an
    event has the time at which the event starts, and the event's name:
    ``yard/2026-11-29T07-35-40+0100-intruder.mp4``, or for a film ``people/00-00-10-intruder.mp4``.

    A file is never replaced: if a name exists, the new one ends in ``-2``. A clip appears complete or not at
    all, and only the user who runs this may read it (mode 0600).

    Args:
        folder: The folder to save in; it is created if it does not exist. If it is removed later, it is not created
            again, because a disk may have been mounted there.

    Returns:
        An observer that returns the path of the clip; for several JPEGs, the path of the first. If the clip cannot be
        written, it raises OSError and leaves no part of the file; the next call tries again. An event without a clip,
        or a clip without its bytes, is a ClipGoneError.

    Raises:
        OSError: If the folder cannot be created.
    """
    where = Path(folder)
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    began = file_time(time.time())
    names: dict[str, str] = {}  # folders, by camera; two cameras may get the same name when it is cleaned

    def save(item: Analysis | Event) -> Path:
        clip = _clip_of(item)
        if clip.source not in names:
            names[clip.source] = _unused(_clean(clip.source), names.values())
        inside = where / names[clip.source]
        inside.mkdir(mode=0o700, exist_ok=True)
        if isinstance(item, Event):
            return _save(item, clip, inside, f"{_event_time(item)}-{_clean(item.name)}")
        if clip.captured is None:
            inside /= began
            inside.mkdir(mode=0o700, exist_ok=True)
        return _save(item, clip, inside, _name(clip))

    return save


def _clean(camera: str) -> str:
    return _UNSAFE.sub("_", camera)[:_LONGEST].strip(".") or "camera"


def _unused(name: str, taken: Collection[str]) -> str:
    return next(free for free in chain([name], (f"{name}_{at}" for at in count(2))) if free not in taken)


def _name(clip: Clip) -> str:
    """Return the time at which a clip's window begins as the name of a file, without a suffix."""
    span = clip.end - clip.start
    if clip.captured is not None:
        return file_time(clip.captured - span, milliseconds=span < 1)
    return _film_time(clip.start, milliseconds=span < 1)


def _event_time(event: Event) -> str:
    return _film_time(event.start) if event.captured is None else file_time(event.captured)


def _film_time(seconds: float, *, milliseconds: bool = False) -> str:
    """Return a moment of a film as part of a file's name: ``00-01-10``."""
    whole = round(seconds * 1000)
    minutes, rest = divmod(whole // 1000, 60)
    return f"{minutes // 60:02}-{minutes % 60:02}-{rest:02}" + (f".{whole % 1000:03}" if milliseconds else "")


def _clip_of(item: Analysis | Event) -> Clip:
    """Return the clip that is saved of an analysis or an event.

    Raises:
        ClipGoneError: If an event has none.
    """
    if item.clip is None:
        raise ClipGoneError(f"{item!r} has no clip: rxvlm.operators.EventClips makes the clips of events")
    return item.clip


def _save(item: Analysis | Event, clip: Clip, folder: Path, name: str) -> Path:
    """Write a clip and its JSON under the first name that is free, and return the path of the clip."""
    for stem in chain([name], (f"{name}-{at}" for at in count(2))):
        files = _files(item, clip, folder, stem)
        with _reserved(folder / f".{stem}.part") as free:
            if free and not any(path.exists() for path in files):
                _write_all(files)
                return next(iter(files))
    raise AssertionError("there is always a free number")


def _files(item: Analysis | Event, clip: Clip, folder: Path, stem: str) -> dict[Path, bytes]:
    """Return what is written, by path: the clip, and last the JSON, which shows that all of the clip is there."""
    data = clip.contents
    if isinstance(data, bytes):
        files = {folder / f"{stem}.mp4": data}
    else:
        files = {folder / f"{stem}.{at}.jpg": picture for at, picture in enumerate(data)}
    key = "clip" if isinstance(item, Event) else "file"
    record = {**as_record(item), key: str(next(iter(files)))}
    return {**files, folder / f"{stem}.json": json_line(record).encode()}


@contextmanager
def _reserved(path: Path) -> Generator[bool]:
    """Hold a file that no other thread or process holds; say whether that succeeded."""
    try:
        os.close(os.open(path, _NEW, _PRIVATE))
    except FileExistsError:
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)


def _write_all(files: Mapping[Path, bytes]) -> None:
    """Write files so that each appears complete; if one cannot be written, none is left."""
    halves = {path: path.with_name(f".{path.name}.part") for path in files}
    try:
        for path, data in files.items():
            with os.fdopen(os.open(halves[path], _NEW, _PRIVATE), "wb") as file:
                file.write(data)
        for path, half in halves.items():
            half.rename(path)
    except BaseException:
        for path in (*halves, *halves.values()):
            path.unlink(missing_ok=True)
        raise
