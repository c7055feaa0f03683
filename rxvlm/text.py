"""Cleaning of untrusted text before it is shown: the answer of a model may contain anything."""

from __future__ import annotations

import re
import unicodedata

# A sequence that is too long, or never ends, loses only its beginning: a text must not vanish behind it.
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]{0,99}[ -/]{0,9}[@-~]|\][^\x00-\x1f\x7f-\x9f]{0,2048}(?:\x07|\x1b\\|\x9c)|[^\x1b])?", re.DOTALL
)


def one_line(text: str) -> str:
    r"""Return a text as one line, without escape sequences and control characters, white space collapsed.

    >>> one_line("a \x1b[31mred\x1b[0m\n  car\x07")
    'a red car'
    """
    seen = _ESCAPE.sub("", text)
    folded = " ".join(seen.split())
    return "".join(letter for letter in folded if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co"))
