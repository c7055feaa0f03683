"""first_look: the first picture of a film and its facts, for a notebook's cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rxvlm.display import markup
from rxvlm.errors import RxvlmError
from rxvlm.frame import Frame


def first_look(frame: Callable[[], Frame | None], facts: Callable[[], Mapping[str, str]]) -> str:
    """Return the first picture of a source and its facts as HTML; why there is none, if it cannot be read.

    Args:
        frame: Returns its first frame; None if it has none.
        facts: Returns more that is known of it, by name.
    """
    try:
        first, known = frame(), facts()
    except RxvlmError as error:
        return markup.complaint(error)
    if first is None:
        return markup.text("there is no picture in it")
    height, width, _ = first.shape
    return first.picture_html() + markup.facts({"size": f"{width} x {height}", **known})
