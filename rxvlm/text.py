"""Cleaning of untrusted text before it is shown: the answer of a model may contain anything."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)


def one_line(text: str) -> str:
    r"""Return a text as one line, without escape sequences and control characters, white space collapsed.

    >>> one_line("a \x1b[31mred\x1b[0m\n  car\x07")
    'a red car'
    """
    seen = _ESCAPE.sub("", text)
    folded = " ".join(seen.split())
    return "".join(letter for letter in folded if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co"))
