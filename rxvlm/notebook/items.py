"""Items of a stream as a live view and a saved page have them: made once, as pictures take a while to decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pprint import pformat
from typing import Any, Final, cast

from rxvlm.analysis import Analysis, Answers
from rxvlm.clip import JPEG, Clip
from rxvlm.display import markup
from rxvlm.display.wall_time import clock
from rxvlm.display.when import moment_in_words, span_in_words
from rxvlm.errors import ClipGoneError, DecodeError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.text import one_line
from rxvlm.uri import without_secrets
from rxvlm.watching.table import analysis_row, item_html
from rxvlm.window import Window

_PICTURES: Final = 3  # of each row
_ACROSS: Final = 96  # pixels of each on the page; it is sent twice as wide, for dense screens
_MOST_LETTERS: Final = 4000  # of an answer
_MOST_FRAMES: Final = 24  # of a clip of JPEGs that are sent when it is opened


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture of a row.

    Attributes:
        jpeg: Its bytes.
        facts: What the view is told of it: its width and height on the page, its words, and its time in seconds.
    """

    jpeg: bytes
    facts: dict[str, Any]


class Item:
    """One item of a stream.

    Args:
        number: Its number, from 1.
        item: The item.
        camera: The name of the camera of an item that does not say it.
    """

    def __init__(self, number: int, item: object, camera: str = "") -> None:
        self.number = number
        self.item: object = item
        said: object = getattr(self._spanned, "source", None) or getattr(item, "camera", None)
        self.camera = said if isinstance(said, str) else camera

    @property
    def analyses(self) -> list[Analysis]:
        """The analyses in it: those of an `Answers`, an analysis itself, none of anything else."""
        item = self.item
        if isinstance(item, Answers):
            return list(cast("Answers", item).answers.values())
        return [cast("Analysis", item)] if isinstance(item, Analysis) else []

    @property
    def clip(self) -> Clip | None:
        """Its clip, if it has one."""
        item = self.item
        clip: object = item if isinstance(item, Clip) else getattr(item, "clip", None)
        return clip if isinstance(clip, Clip) else None

    def forget_clip(self) -> None:
        """Forget the bytes of its clip; its small pictures stay."""
        _ = self.facts, self.row
        item, clip = self.item, self.clip
        if isinstance(item, Analysis) and clip is not None:
            self.item = replace(cast("Analysis", item), clip=replace(clip, data=None))
        elif isinstance(item, Clip):
            self.item = replace(item, data=None)

    @cached_property
    def row(self) -> list[str] | None:
        """The cells of an analysis as HTML; None for any other item."""
        item = self.item
        return analysis_row(cast("Analysis", item)) if isinstance(item, Analysis) else None

    @cached_property
    def card(self) -> str:
        """The item as a notebook shows it, as HTML."""
        return item_html(self.item)

    @cached_property
    def pictures(self) -> list[Picture]:
        """Small pictures of it; none if they cannot be decoded."""
        try:
            return _pictures_of(self.item, self.clip, self.camera)
        except (DecodeError, ClipGoneError):
            return []

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the live view is told of its row; the bytes of `pictures` go with it."""
        clip, item = self.clip, self.item
        own = cast("Analysis", item) if isinstance(item, Analysis) else None
        age = None if own is None else own.age
        value = None if own is None else own.value
        return {
            "id": self.number,
            "camera": self.camera,
            "when": _when(self._spanned),
            "beside": "" if age is None else f"{max(0.0, age):.1f} s old",
            "text": _said(self.item)[:_MOST_LETTERS],
            "error": "" if own is None or own.error is None else f"{type(own.error).__name__}: ",
            "value": "" if value is None else pformat(value, width=80, compact=True)[:_MOST_LETTERS],
            "thought": "" if own is None else own.thought[:_MOST_LETTERS],
            "html": _html_of(self.item),
            "pictures": [picture.facts for picture in self.pictures],
            "clip": clip is not None and clip.kept,
            "width": 16 if clip is None else clip.width,
            "height": 9 if clip is None else clip.height,
        }

    def opened(self) -> tuple[dict[str, Any], Sequence[bytes]]:
        """Return what the view is told when the row is opened: its clip, and the bytes of it; or why there is none."""
        clip = self.clip
        about: dict[str, Any] = {"kind": "film", "row": self.number}
        if clip is None or clip.data is None:
            return about | {
                "error": "The clip of this row is not kept any more: only those of the newest rows are."
            }, ()
        chosen = range(len(clip.times))
        films = [clip.data] if isinstance(clip.data, bytes) else []
        if not films:
            chosen = markup.chosen(len(clip.times), _MOST_FRAMES)
            films = [cast("tuple[bytes, ...]", clip.data)[at] for at in chosen]
        elif clip.size > markup.MOST_FILM_BYTES:
            return about | {"error": f"The clip has {clip.size:,} bytes; its save() writes it to a file."}, ()
        where = f"{clip.source}, {_when(clip)}: what the model was sent"
        times = [clip.times[at] for at in chosen]
        kind = clip.media_type if isinstance(clip.data, bytes) else JPEG
        return about | {"type": kind, "times": times, "where": where}, films

    @property
    def _spanned(self) -> object:
        return self.item if self.clip is None else self.clip


def _when(spanned: object) -> str:
    """Return when something was filmed: the time of day of its end, or of a film its time."""
    captured: object = getattr(spanned, "captured", None)
    if isinstance(captured, float | int):
        return clock(captured)
    if isinstance(spanned, Frame):
        return moment_in_words(spanned.time)
    start, end = getattr(spanned, "start", None), getattr(spanned, "end", None)
    if isinstance(start, float | int) and isinstance(end, float | int):
        return span_in_words(start, end)
    return ""


def _said(item: object) -> str:
    """Return an item as text, each line without control characters."""
    if isinstance(item, Analysis):
        one = cast("Analysis", item)
        return _lines(str(one.error) if one.error else one.text or "(an empty answer)")
    if isinstance(item, Answers):
        each = cast("Answers", item).answers.items()
        return "\n".join(f"**{one_line(name)}**: {_lines(str(one.error or one.text))}" for name, one in each)
    if isinstance(item, Clip | Window | Frame):
        return one_line(repr(item))
    return _lines(without_secrets(repr(item)))


def _lines(text: str) -> str:
    return "\n".join(one_line(line) for line in text[:_MOST_LETTERS].splitlines())


def _html_of(item: object) -> str:
    """Return the HTML by which an item of no word of ours shows itself; "" if it has none."""
    if isinstance(item, Analysis | Answers | Clip | Window | Frame) or not hasattr(item, "_repr_html_"):
        return ""
    return f"<body style='margin:0;font:13px system-ui,sans-serif'>{item_html(item)}"


def _pictures_of(item: object, clip: Clip | None, camera: str) -> list[Picture]:
    if clip is not None:
        chosen = markup.chosen(len(clip.times), _PICTURES)
        images, times = clip.images(2 * _ACROSS, most=_PICTURES), [clip.times[at] for at in chosen]
    elif isinstance(item, Frame | Window):
        window = item if isinstance(item, Window) else Window((item,), item.time, item.time)
        kept = window.keep([window.frames[at] for at in markup.chosen(len(window.frames), _PICTURES)])
        images, times = kept.images(2 * _ACROSS), list(kept.times)
    else:
        return []
    shown: list[Picture] = []
    for image, time in zip(images, times, strict=True):
        height = max(1, round(image.shape[0] * _ACROSS / image.shape[1]))
        alt = f"{camera} at {moment_in_words(time)}"
        shown.append(Picture(jpeg.encode(image), {"width": _ACROSS, "height": height, "alt": alt, "time": time}))
    return shown
