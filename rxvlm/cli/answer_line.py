"""An answer as a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.analysis import Analysis


def answer_line(analysis: Analysis, until: float) -> tuple[str, str]:
    """Return the heading of an answer (its camera and moments) and its text, each in one line.

    Args:
        analysis: An answer, or an error.
        until: Seconds, the time of the camera's newest frame. The last window of a video has a nominal
            end that mostly lies beyond the video; it is shown to end here instead.
    """
    clip = analysis.clip
    end = max(clip.start, min(clip.end, until))
    said = analysis.text or "(an empty answer)" if analysis.error is None else f"error: {analysis.error}"
    return f"{one_line(clip.source)} {_moment(clip.start)}-{_moment(end)}", one_line(said)


def _moment(seconds: float) -> str:
    """Return a time as minutes and seconds: ``2:07``, ``0:30.08``."""
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}:{rest:06.3f}".rstrip("0").rstrip(".")
