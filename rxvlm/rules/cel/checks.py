"""What is refused in a text before it is compiled: words of other languages, and what could take long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isqrt
from typing import Final, NoReturn

from rxvlm.rules.cel.tokens import Token, closing

LONGEST: Final = 1000
"""Characters of a text."""

_MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})
_COPYING: Final = frozenset({"filter", "map"})  # they copy what they have, for each item
_MOST_NESTED: Final = 2
_MOST_TOKENS: Final = 150  # of a text with macros
_MOST_ITEMS: Final = 1000  # of one list or map
_MOST_STEPS: Final = 50_000  # words and signs that are evaluated
_MOST_COPIED: Final = 40_000  # items
_MOST_MATCHED: Final = 200  # texts
_MOST_PLUS: Final = 5
_MOST_MATCHES: Final = 5
_LONGEST_PATTERN: Final = 100
_RIGHT: Final = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "is": "==",
    "True": "true",
    "False": "false",
    "None": "null",
    "elif": "? :",
}
_REPEATED: Final = re.compile(r"\{\d*(?:,\d*)?\}")
_CLASS: Final = re.compile(r"\\[pPX]|\(\?[a-zA-Z]*i")


def refuse(text: str, at: int, why: str) -> NoReturn:
    """Raise a ValueError that points at a place of a text."""
    line_start = text.rfind("\n", 0, at) + 1
    line = text[line_start:].split("\n", 1)[0]
    raise ValueError(f"{why}\n    {line}\n    {' ' * (at - line_start)}^")


def check_text(text: str, tokens: Sequence[Token]) -> int:
    """Check a text before it is compiled; return how many items of one list or map it may look at.

    Raises:
        ValueError: If it is refused; it points at the place.
    """
    if len(text) > LONGEST:
        raise ValueError(f"a condition has at most {LONGEST} characters, not {len(text)}")
    if not tokens:
        raise ValueError("a condition is a text such as people > 0, not an empty one")
    for at, token in enumerate(tokens):
        before = tokens[at - 1].text if at else ""
        if token.kind == "name" and before != ".":
            _check_word(text, token)
        if token.text == "=":
            refuse(text, token.at, "write == to compare")
        if token.text in {"&", "|"}:
            refuse(text, token.at, f"write {token.text * 2}")
        if token.text == "in" and before != ".":
            _check_in(text, tokens, at)
    return _check_costs(text, tokens)


def _check_word(text: str, token: Token) -> None:
    right = _RIGHT.get(token.text) or _RIGHT.get(token.text.lower() if token.text.isupper() else "")
    if right is not None:
        refuse(text, token.at, f"this is CEL: write {right} for {token.text}")


def _check_in(text: str, tokens: Sequence[Token], at: int) -> None:
    """Refuse to look for something in a string that stands in the text itself; the compiler refuses typed fields."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and after.kind == "string":
        refuse(text, tokens[at].at, f"`in` does not look into a string: write {after.text}.contains(...)")


def _check_costs(text: str, tokens: Sequence[Token]) -> int:
    plus = [token for token in tokens if token.text == "+"]
    if len(plus) > _MOST_PLUS:
        refuse(text, plus[_MOST_PLUS].at, f"a condition has at most {_MOST_PLUS} additions")
    macros = [at for at, token in enumerate(tokens) if token.text in _MACROS and _is_called(tokens, at)]
    matches = [at for at, token in enumerate(tokens) if token.text == "matches" and _is_called(tokens, at, dot=False)]
    _check_patterns(text, tokens, matches)
    if not macros:
        return _MOST_ITEMS
    if len(tokens) > _MOST_TOKENS:
        most = f"has at most {_MOST_TOKENS} words and signs"
        refuse(text, tokens[_MOST_TOKENS].at, f"a condition with {tokens[macros[0]].text} {most}")
    depth = _depth(text, tokens, macros)
    copies = sum(tokens[at].text in _COPYING for at in macros)
    return _longest(len(tokens), depth, copies, len(matches))


def _depth(text: str, tokens: Sequence[Token], macros: Sequence[int]) -> int:
    """Return how many macros stand inside each other; more than two are refused."""
    depth = 1
    for at in macros:
        if tokens[at - 2].text == ")" and not _closes_a_call(tokens, at - 2):
            refuse(text, tokens[at].at, f"{tokens[at].text} looks at a field, not at something in parentheses")
        around = sum(other < at < closing(tokens, other + 1) for other in macros)
        depth = max(depth, around + 1)
        if depth > _MOST_NESTED:
            refuse(text, tokens[at].at, f"{tokens[at].text} stands inside of two others: at most one is allowed")
    return depth


def _longest(tokens: int, depth: int, copies: int, matches: int) -> int:
    """Return how many items a text with macros may look at, so that its steps are bounded.

    >>> [_longest(20, 1, 0, 0), _longest(100, 1, 0, 0), _longest(20, 2, 0, 0), _longest(20, 1, 1, 0)]
    [1000, 500, 31, 200]
    """
    items = min(_MOST_ITEMS, _MOST_STEPS // tokens)
    if depth == _MOST_NESTED:
        items = isqrt(items)
    if copies:
        items = min(items, isqrt(_MOST_COPIED // copies))
    return min(items, _MOST_MATCHED // matches) if matches else items


def _is_called(tokens: Sequence[Token], at: int, *, dot: bool = True) -> bool:
    called = at + 1 < len(tokens) and tokens[at + 1].text == "("
    return called and (not dot or (at > 1 and tokens[at - 1].text == "."))


def _closes_a_call(tokens: Sequence[Token], at: int) -> bool:
    depth = 0
    for place in range(at, -1, -1):
        depth += tokens[place].text == ")"
        depth -= tokens[place].text == "("
        if depth == 0:
            return place > 0 and tokens[place - 1].kind == "name"
    return False


def _check_patterns(text: str, tokens: Sequence[Token], matches: Sequence[int]) -> None:
    """Refuse patterns that take long to compile: RE2 compiles them again for each answer."""
    if len(matches) > _MOST_MATCHES:
        refuse(text, tokens[matches[_MOST_MATCHES]].at, f"a condition has at most {_MOST_MATCHES} matches")
    for at in matches:
        pattern = tokens[closing(tokens, at + 1) - 1]
        if pattern.kind != "string":
            refuse(text, tokens[at].at, "the pattern of matches is written out, as in text.matches('[0-9]+')")
        if len(pattern.text) > _LONGEST_PATTERN:
            refuse(text, pattern.at, f"a pattern has at most {_LONGEST_PATTERN} characters")
        if _REPEATED.search(pattern.text) or _CLASS.search(pattern.text):
            refuse(text, pattern.at, "a pattern has no counted repetitions, Unicode classes or (?i): they take long")
