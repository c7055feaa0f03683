"""Lines for people: what a probe found, what models there are, what a model said."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rxvlm.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rxvlm.analysis import Analysis
    from rxvlm.models import Kind
    from rxvlm.sources import Probe

_CLOCK = {
    "camera": "the camera's own",
    "arrival": "none: frames are dated by their arrival",
    "none": "none, it is a file",
}


def describe(found: Probe) -> str:
    """Give what a probe found as lines, facts first, then what to change on the camera."""
    mbit = found.bit_rate / 1e6
    key = "none to start at" if found.keyframe_seconds is None else f"every {found.keyframe_seconds:.1f} s"
    cheap = "" if found.keyframe_cpu is None else f", {found.keyframe_cpu:.1%} for key frames only"
    rows = [
        ("source", found.uri),
        ("video", f"{found.codec}, {found.width}x{found.height}, {found.fps:.1f} frames/s, {mbit:.2f} Mbit/s"),
        ("key frames", key),
        ("clock", _CLOCK[found.clock]),
        ("a window of 10 s", f"{found.window_bytes / 1e6:.1f} MB of packets, about {found.tokens} tokens for 8 frames"),
        ("of one core", f"{found.exact_cpu:.1%} for exact moments{cheap}"),
        ("watch it with", f"--effort {found.effort}"),
        *zip_longest(["what to change"][: len(found.advice)], found.advice, fillvalue=""),
    ]
    return "\n".join(f"{heading:>16}  {said}" for heading, said in rows)


def listed(kinds: Sequence[Kind]) -> str:
    """Give the models that can be asked as lines: how to write each, what it is, and what it needs."""
    width = max(len(kind.form) for kind in kinds)
    return "\n".join(f"{kind.form:<{width}}  {kind.what}\n{'':<{width}}  needs {_needed(kind)}" for kind in kinds)


def _needed(kind: Kind) -> str:
    if not kind.key:
        return kind.needs
    return f"{kind.key}, which is {'set' if kind.ready else 'not set'}"


def answered(analysis: Analysis, until: float) -> tuple[str, str]:
    """Give whose answer it is and to which moments, and what was said.

    Args:
        analysis: An answer, or an error.
        until: Seconds of the camera's newest frame: a video mostly ends before its last window's nominal end.
    """
    clip = analysis.clip
    end = max(clip.start, min(clip.end, until))
    said = analysis.text or "(an empty answer)" if analysis.error is None else f"error: {analysis.error}"
    return f"{one_line(clip.source)} {_moment(clip.start)}-{_moment(end)}", one_line(said)


def _moment(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}:{rest:06.3f}".rstrip("0").rstrip(".")
