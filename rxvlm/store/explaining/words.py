"""Words: sentences about what became of a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rxvlm.store.times import time_text
from rxvlm.store.why import Ruling
from rxvlm.text import one_line

SKIPPED: Final[Mapping[str, str]] = {
    "": "a step left it out on purpose",
    "gate": "the gate was shut, since too little moved",
    "gap": "it lies in the gap between two windows",
    "short": "the film ended just after its last window had begun",
    "paused": "asking about this camera was paused",
    "fragment": "the camera was lost within this window; of its parts, the one with most frames was looked at",
}
LOST: Final[Mapping[str, str]] = {
    "overflow": "a queue was full, since the model or the encoder was slower than the camera",
    "stale": "it was too old when its turn to be asked about came (max_age)",
    "late": "its frames, or its answer, came too late",
    "undecodable": "its pictures could not be decoded",
    "unencodable": "no clip could be made of it",
    "strategy": "the function that chooses frames raised an error",
    "died": "the process that watched the camera died before it was answered",
    "fenced": "the camera had been given to another process by the time that it was answered",
    "disposed": "the run was ended before it was answered",
    "error": "the stream ended with an error before it was answered",
}
_LONGEST: Final = 200  # characters of an answer


def said(record: Mapping[str, Any]) -> str:
    """Return what a model answered, in quotes and short enough for a line."""
    text = one_line(record["text"])
    return f'"{text if len(text) <= _LONGEST else text[:_LONGEST] + "..."}"' if text else "nothing in words"


def ruling_text(ruling: Ruling, began: float | None) -> str:
    """Return what a rule decided, as a sentence.

    Args:
        ruling: What it decided.
        began: When the event began that ran, if that is known.
    """
    rule, (least, most) = f'"{one_line(ruling.rule)}"', ruling.need
    ran = "" if ruling.event is None else f"event {ruling.event[:8]}"
    if began is not None:
        ran += f", which began at {time_text(began)}"
    sentences = {
        "alerted": f"There was an alert: {rule} ({ran}).",
        "cooled down": f"{rule} held, but caused no alert: the one before was too recent (its cooldown).",
        "muted": f"{rule} held, but caused no alert: it was muted.",
        "held": f"{rule} held, but in {ruling.held} of the last {most} answers only, and needs {least}.",
        "did not hold": f"{rule} did not hold" + (f", while an alert ran ({ran})." if ran else "."),
        "unknown": f"{rule} could not be decided{f': {one_line(ruling.why)}' if ruling.why else ''}.",
        "inactive": f"{rule} was outside of its hours.",
    }
    return sentences[ruling.outcome]
