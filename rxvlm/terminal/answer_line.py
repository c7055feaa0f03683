"""An answer as a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxvlm.display.wall_time import local_time, moment
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.analysis import Analysis


def answer_line(analysis: Analysis, until: float) -> tuple[str, str]:
    """Return the heading of an answer (its camera and time) and its text, each in one line.

    Args:
        analysis: An answer, or an error. That of a camera is shown with the wall time at which its window ended,
            that of a film with its moments.
        until: Seconds, the time of the camera's newest frame. The last window of a film has a nominal
            end that mostly lies beyond the film; it is shown to end here instead.
    """
    clip = analysis.clip
    end = max(clip.start, min(clip.end, until))
    when = f"{moment(clip.start)}-{moment(end)}" if clip.captured is None else local_time(clip.captured)
    said = analysis.text or "(an empty answer)" if analysis.error is None else f"error: {analysis.error}"
    return f"{one_line(clip.source)} {when}", one_line(said)
