"""The words of a text: how SQLite's full-text index gets them, and what a search asks it for. Pure functions.

SQLite's `unicode61` takes a sentence in Chinese, Japanese or Korean for one word, and `trigram` finds no word of two
characters. So each such character becomes a word of its own, in the index and in what is searched for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from rxvlm.text import valid_unicode

# Hangul's parts, kana, bopomofo, ideographs, Hangul's syllables, ideographs of the planes 2 and 3.
_CJK: Final = (
    "\u1100-\u11ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003fffd"
)
_LETTER: Final = re.compile(f"[{_CJK}]")
_RUN: Final = re.compile(f"[{_CJK}]+|[^{_CJK}]+")
_PART: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')


class Query(NamedTuple):
    """What a search asks for.

    Attributes:
        match: The expression for FTS5; "" if no word is searched for.
        plain: Parts without a letter or digit, such as emoji, which the index does not have: looked for as they are.
    """

    match: str
    plain: tuple[str, ...]


def spaced(text: str) -> str:
    """Return a text as the index gets it: normalised, with a space on each side of each CJK character.

    >>> spaced("红色car来了")
    ' 红  色 car 来  了 '
    """
    if text.isascii():
        return text.replace("\0", " ")
    return _LETTER.sub(r" \g<0> ", unicodedata.normalize("NFKC", text)).replace("\0", " ")


def query_of(text: str) -> Query:
    """Return the query for the index; the text has no operators.

    Each word, each run of CJK characters and each part in quotes must be there, in any order.

    >>> query_of('red "parked car" 红车').match
    '"red" "parked car" " 红  车 "'
    >>> query_of('NOT (car* OR 🔥')
    Query(match='"NOT" "(car*" "OR"', plain=('🔥',))
    """
    parts = list(_parts(unicodedata.normalize("NFKC", valid_unicode(text)).replace("\0", " ")))
    words = [part for part in parts if any(letter.isalnum() for letter in part)]
    plain = [part.strip() for part in parts if part not in words and part.strip()]
    return Query(" ".join(f'"{spaced(word)}"' for word in words), tuple(plain))


def _parts(text: str) -> Iterator[str]:
    for found in _PART.finditer(text):
        phrase, word = found.groups()
        if phrase is not None:
            yield phrase
        else:
            yield from _RUN.findall(word)
