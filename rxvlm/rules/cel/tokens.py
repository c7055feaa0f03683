"""The tokens of a text in CEL, as far as the checks before its compilation need them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<string>[bB]?[rR]?(?:\"\"\".*?\"\"\"|'''.*?''')|[bB]?[rR](?:"[^"\n]*"|'[^'\n]*')|[bB]?(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>\d\w*(?:\.\d\w*)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||[=!<>]=|.)""",
    re.VERBOSE | re.DOTALL,
)
TYPES: Final = frozenset(
    {"bool", "bytes", "double", "dyn", "google", "int", "list", "map", "null_type", "string", "type", "uint"}
)
_WORDS: Final = TYPES | {"true", "false", "null", "in"}
_OPENING: Final = {")": "(", "]": "[", "}": "{"}


class Token(NamedTuple):
    """A token.

    Attributes:
        kind: ``"string"``, ``"number"``, ``"name"`` or ``"sign"``.
        text: What is written.
        at: Where it begins, in characters.
    """

    kind: str
    text: str
    at: int


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text; what is no CEL comes as signs, which the compiler will refuse.

    >>> [token.text for token in tokens_of("people > 0 && colour.contains('red')")]
    ['people', '>', '0', '&&', 'colour', '.', 'contains', '(', "'red'", ')']
    """
    found = ((match.lastgroup or "", match[0], match.start()) for match in _TOKEN.finditer(text))
    return [Token(*one) for one in found if one[0] != "skip"]


def variables(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the names that stand for fields: neither behind a dot, nor of functions, types and operators.

    >>> sorted(variables(tokens_of("has(motion.share) && type(people) == int")))
    ['motion', 'people']
    """
    names: set[str] = set()
    for at, token in enumerate(tokens):
        after_dot = at > 0 and tokens[at - 1].text == "."
        called = at + 1 < len(tokens) and tokens[at + 1].text == "("
        if token.kind == "name" and token.text not in _WORDS and not after_dot and not called:
            names.add(token.text)
    return frozenset(names)


def bound(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the names that macros give to the elements they look at.

    >>> sorted(bound(tokens_of("boxes.exists(box, box.score > 0.5) && size(a, b) > 0")))
    ['box']
    """
    signs = zip(tokens, tokens[1:], tokens[2:], tokens[3:], tokens[4:], strict=False)
    return frozenset(
        name.text
        for dot, called, opening, name, comma in signs
        if (dot.text, opening.text, comma.text) == (".", "(", ",") and called.kind == name.kind == "name"
    )


def closing(tokens: Sequence[Token], at: int) -> int:
    """Return where the bracket that opens at a place is closed; the end, if it never is."""
    depth = 0
    for place in range(at, len(tokens)):
        if tokens[place].kind == "sign":
            depth += tokens[place].text in "([{"
            depth -= tokens[place].text in ")]}"
            if depth == 0:
                return place
    return len(tokens)


def path_after(tokens: Sequence[Token], at: int) -> tuple[str, ...]:
    """Return the path of fields that begins at a place, as ``("value", "text")``; empty if none does.

    >>> path_after(tokens_of("'a' in value.text && x"), 2)
    ('value', 'text')
    """
    path: list[str] = []
    while at < len(tokens) and tokens[at].kind == "name":
        path.append(tokens[at].text)
        if at + 1 >= len(tokens) or tokens[at + 1].text != ".":
            break
        at += 2
    ends = at + 1 >= len(tokens) or tokens[at + 1].text not in {"(", "["}
    return tuple(path) if ends else ()
