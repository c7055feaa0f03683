"""condition: a condition as text, in CEL."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe, suggest_options
from rxvlm.rules.cel.checks import check_text
from rxvlm.rules.cel.data import OWN, Fields
from rxvlm.rules.cel.program import Outcome, Program
from rxvlm.rules.cel.tokens import Token, bound, path_after, tokens_of, variables

_log = logging.getLogger("rxvlm")
TELL_AFTER: Final = 10
"""Unknown answers in a row after which a condition says why."""


class Condition:
    """A condition as text: call it with an analysis. Made by `condition`.

    Attributes:
        text: The text.
        names_error: Whether it contains ``error``, so that it is evaluated for failed calls, too.
    """

    def __init__(self, text: str, schema: Mapping[str, Any] | None = None) -> None:
        tokens = tokens_of(text)
        self.text, self._schema = text, schema
        longest = check_text(text, tokens)
        names = variables(tokens)
        self.names_error = "error" in names
        _check_names(names - bound(tokens), schema)
        self._looked_into = _paths_behind_in(tokens)
        self._fields = Fields(names, longest)
        self._program = Program(text, names, _types(schema))
        self._unknown = 0  # answers in a row
        self._told = False

    def __repr__(self) -> str:
        return f"condition({self.text!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return Condition, (self.text, self._schema)

    def __call__(self, analysis: Analysis) -> bool | None:
        """Return whether it holds for an answer; None for unknown.

        Raises:
            ValueError: If ``in`` is to look into a string, which CEL does not do.
        """
        return self.judged(analysis).held

    def judged(self, analysis: Analysis) -> Outcome:
        """Return whether it holds for an answer; None for unknown, with the reason.

        Raises:
            ValueError: If ``in`` is used on a string, which CEL does not support.
        """
        if analysis.error is not None and not self.names_error:
            return Outcome(None, "the call failed")
        held, why = self._evaluate(analysis)
        self._unknown = self._unknown + 1 if held is None else 0
        if self._unknown == TELL_AFTER and not self._told:
            self._told = True
            _log.warning("%r was unknown for %d answers in a row: %s", self.text, TELL_AFTER, why)
        return Outcome(held, why)

    def _evaluate(self, analysis: Analysis) -> Outcome:
        try:
            data = self._fields(analysis)
        except Exception as error:  # noqa: BLE001 - too much of it, or what a value of the user's raises when it is read
            return Outcome(None, f"its value cannot be read: {error}")
        for path in self._looked_into:
            if isinstance(_at(data, path), str):
                name = ".".join(path)
                raise ValueError(f"`in` does not look into a string: write {name}.contains('...') in {self.text!r}")  # noqa: TRY004 - the text is wrong
        return self._program(data)


@suggest_options()
def condition(text: str, *, schema: Mapping[str, Any] | None = None) -> Condition:
    """Make a condition from a text in CEL, the Common Expression Language.

    >>> from rxvlm import Analysis, Clip
    >>> clip = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 10.0, source="yard")
    >>> red = condition("people > 0 && colour.contains('red')")
    >>> red(Analysis(clip, "?", "m", 0.0, 1.0, value={"people": 2, "colour": "dark red"}))
    True

    The names are the fields of ``analysis.value`` (a mapping, dataclass or pydantic object) and ``text``, ``camera``,
    ``start``, ``end`` (seconds of the source's time) and ``error`` ("" or ``"Kind: message"``). ``value.text`` is a
    field of the value with the same name as one of these.

    It is unknown (None) if a field is missing, types do not fit, or the result is not a bool; after 10 unknown answers
    in a row the log ``"rxvlm"`` says why, once. A failed call is unknown, except if the text contains ``error``.

    A condition cannot run code, and reads only the data of the answer. A condition that could take long is an error, or
    unknown: a text has at most 1000 characters; ``exists``, ``all`` and ``exists_one`` read at most 1000 items, and
    fewer in a text of more than 50 words and signs; ``map``, ``filter``, and ``matches`` inside of one of them, read at
    most 200, and fewer if there are several; if one is inside of another, both read at most 31 items.

    Args:
        text: The text. Compare a typed field; do not search for a word in a text: "no person, yes?" contains "yes".
        schema: The JSON schema of the value, if it is known: wrong names and types are errors at once then.

    Raises:
        TypeError: If it is not a text.
        ValueError: If anything is wrong with it; the message points at the place.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"a condition is a text, not {describe(text)}")
    return Condition(text, schema)


def _types(schema: Mapping[str, Any] | None) -> dict[str, str]:
    fields = (schema or {}).get("properties", {})
    return {name: field["type"] for name, field in fields.items() if isinstance(field.get("type"), str)}


def _check_names(names: frozenset[str], schema: Mapping[str, Any] | None) -> None:
    """Check that a schema, if it is closed, has the fields that a text names."""
    if schema is None or schema.get("additionalProperties") is not False:
        return
    fields = schema.get("properties", {})
    missing = sorted(name for name in names if name not in fields and name not in OWN)
    if missing:
        raise ValueError(f"there is no field {missing[0]!r}: the fields are {', '.join([*fields, *OWN])}")


def _paths_behind_in(tokens: Sequence[Token]) -> list[tuple[str, ...]]:
    paths = [path_after(tokens, at + 1) for at, token in enumerate(tokens) if token.text == "in"]
    return [path for path in paths if path]


def _at(data: object, path: Sequence[str]) -> object:
    for name in path:
        data = cast("dict[str, Any]", data).get(name) if isinstance(data, dict) else None
    return data
