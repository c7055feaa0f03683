"""Cleaning of untrusted text: the answer of a model may contain anything."""

from __future__ import annotations

import codecs
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


def valid_unicode(text: str) -> str:
    r"""Return a text whose halves of surrogate pairs are joined; one without its other half becomes U+FFFD.

    >>> ascii(valid_unicode("a \ud83d\ude97 b \ud800"))
    "'a \\U0001f697 b \\ufffd'"
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return UnicodeJoiner().join(text, final=True)
    return text


class UnicodeJoiner:
    r"""Makes pieces of a text valid Unicode: a surrogate pair that is cut between two pieces is joined.

    >>> joiner = UnicodeJoiner()
    >>> [ascii(joiner.join(piece)) for piece in ("car \ud83d", "\ude97!")]
    ["'car '", "'\\U0001f697!'"]
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")

    def join(self, text: str, *, final: bool = False) -> str:
        """Return the next piece, valid; half a pair at its end is held back, unless it is the final piece."""
        return self._decoder.decode(text.encode("utf-16-le", "surrogatepass"), final)
