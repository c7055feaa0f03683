"""What a container says of its film: which of its streams it is, and how long it should be."""

from __future__ import annotations

from typing import Final, cast

from av import VideoStream
from av.container import InputContainer
from av.stream import Disposition

_NEVER_FILMS: Final = Disposition.attached_pic | Disposition.timed_thumbnails
_PROMISING: Final = ("mp4", "matroska", "avi", "asf", "flv")  # formats whose header says how long they are
_MICROSECONDS: Final = 1_000_000


def best_stream(container: InputContainer) -> VideoStream | None:
    """Return the video stream that FFmpeg calls the best; covers and thumbnails are none."""
    films = [stream for stream in container.streams.video if not stream.disposition & _NEVER_FILMS]
    films = [film for film in films if film.frames != 1] or films  # a single picture beside a film is a cover, too
    best = container.streams.best("video")
    found = next((stream for stream in films if best is not None and stream.index == best.index), None)
    return found or max(films, key=lambda film: film.codec_context.width * film.codec_context.height, default=None)


def promised_seconds(film: VideoStream) -> float | None:
    """Return the length of a film by its container; None if the container does not say it."""
    container = cast("InputContainer", film.container)
    if not any(name in container.format.name for name in _PROMISING):
        return None
    if film.duration is not None and film.time_base:
        # Of an AVI without its index, FFmpeg finds out the length by reading, but knows the number of frames promised.
        frames = film.frames if container.format.name == "avi" else 0
        return float(max(film.duration, frames) * film.time_base)
    if tag := film.metadata.get("DURATION"):
        return _clock_seconds(tag)
    is_alone = len(container.streams) == 1
    return container.duration / _MICROSECONDS if is_alone and container.duration is not None else None


def known_seconds(film: VideoStream) -> float | None:
    """Return how long a film probably is; None if nothing says so. FFmpeg may have estimated it from its bytes."""
    promised = promised_seconds(film)
    if promised is not None:
        return promised
    length = cast("InputContainer", film.container).duration
    return length / _MICROSECONDS if length else None


def _clock_seconds(text: str) -> float | None:
    """Return the seconds of ``HH:MM:SS.fraction``, as Matroska writes how long a track is; None if it is not that."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
