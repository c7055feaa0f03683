"""condition: a condition as text, in CEL."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.display.json_form import plain
from rxvlm.rules.cel.checks import check_text
from rxvlm.rules.cel.program import Outcome, Program
from rxvlm.rules.cel.tokens import Token, bound, path_after, tokens_of, variables

_log = logging.getLogger("rxvlm")
_OWN: Final = ("text", "camera", "error", "start", "end", "value")
_TELL_AFTER: Final = 10  # unknown answers in a row
_WHOLE: Final = 2**63
_LONGEST_STRINGS: Final = 20_000  # characters, of all fields that are named together


class Condition:
    """A condition as text: call it with an analysis. Made by `condition`.

    Attributes:
        text: The text.
        names_error: Whether it names ``error``, so that failed calls are not unknown by themselves.
    """

    def __init__(self, text: str, schema: Mapping[str, Any] | None = None) -> None:
        tokens = tokens_of(text)
        self.text, self._schema = text, schema
        self._costs = check_text(text, tokens)
        self._names = variables(tokens)
        self.names_error = "error" in self._names
        _check_names(self._names - bound(tokens), schema)
        self._looked_into = _paths_behind_in(tokens)
        self._program = Program(text, self._names, _types(schema))
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
        if analysis.error is not None and not self.names_error:
            return None
        held, why = self._evaluate(analysis)
        self._unknown = self._unknown + 1 if held is None else 0
        if self._unknown == _TELL_AFTER and not self._told:
            self._told = True
            _log.warning("%r was unknown for %d answers in a row: %s", self.text, _TELL_AFTER, why)
        return held

    def _evaluate(self, analysis: Analysis) -> Outcome:
        try:
            data = self._data(analysis)
        except Exception as error:  # noqa: BLE001 - a value that refers to itself, for one
            return Outcome(None, f"its value cannot be read: {error}")
        for path in self._looked_into:
            if isinstance(_at(data, path), str):
                name = ".".join(path)
                raise ValueError(f"`in` does not look into a string: write {name}.contains('...') in {self.text!r}")  # noqa: TRY004 - the text is wrong
        why = self._too_much(data)
        return Outcome(None, why) if why else self._program(data)

    def _too_much(self, data: Mapping[str, object]) -> str:
        """Return why some data is too much to look at; "" if it is not."""
        costs, sizes = self._costs, [_size(value) for value in data.values()]
        items, longest = sum(size[0] for size in sizes), max((size[1] for size in sizes), default=0)
        letters = sum(size[2] for size in sizes)
        if items > costs.items:
            return f"its fields have {items} items, and it looks at {costs.items} at most"
        if longest > costs.longest:
            return f"a field has {longest} items, and it looks at {costs.longest} at most"
        return f"its fields have {letters} characters" if letters > _LONGEST_STRINGS else ""

    def _data(self, analysis: Analysis) -> dict[str, Any]:
        """Return the fields that the text names, as far as they are there; only plain data."""
        names, error, clip = self._names, analysis.error, analysis.clip
        own: dict[str, object] = {
            "text": analysis.text,
            "camera": clip.source,
            "error": "" if error is None else f"{type(error).__name__}: {error}",
            "start": clip.start,
            "end": clip.end,
        }
        data: dict[str, object] = {name: own[name] for name in names if name in own}
        if names - data.keys():
            value = plain(analysis.value)
            fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
            data |= {name: fields[name] for name in names if name in fields and name not in _OWN}
            if "value" in names:
                data["value"] = value
        return cast("dict[str, Any]", _fitting(data))


def condition(text: str, *, schema: Mapping[str, Any] | None = None) -> Condition:
    """Make a condition from a text in CEL, the Common Expression Language.

    >>> from rxvlm import Analysis, Clip
    >>> clip = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 10.0, source="yard")
    >>> red = condition("people > 0 && colour.contains('red')")
    >>> red(Analysis(clip, "?", "m", 0.0, 1.0, value={"people": 2, "colour": "dark red"}))
    True

    The names are the fields of ``analysis.value`` (a mapping, dataclass or pydantic object) and ``text``, ``camera``,
    ``start``, ``end`` (seconds of the source's time) and ``error`` ("" or ``"Kind: message"``). ``value.text`` is a
    field of the value that is called like one of these.

    It is unknown (None) if a field is missing, types do not fit, or the result is no bool; after 10 unknown answers
    in a row the log ``"rxvlm"`` says why, once. A failed call is unknown, unless the text names ``error``.

    An expression runs no code and reaches data only. What could take long is refused, or unknown: a text has at most
    1000 characters; ``exists``, ``all`` and ``exists_one`` look at 1000 items at most, ``map``, ``filter`` and
    ``matches`` in one of them at 100; one may stand inside of another, and looks at 31 then.

    Args:
        text: The text. Test a typed field; do not look for a word in a text: "no person, yes?" contains "yes".
        schema: The JSON schema of the value, if it is known: wrong names and types are errors at once then.

    Raises:
        TypeError: If it is no text.
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
    missing = sorted(name for name in names if name not in fields and name not in _OWN)
    if missing:
        raise ValueError(f"there is no field {missing[0]!r}: the fields are {', '.join([*fields, *_OWN])}")


def _paths_behind_in(tokens: Sequence[Token]) -> list[tuple[str, ...]]:
    paths = [path_after(tokens, at + 1) for at, token in enumerate(tokens) if token.text == "in"]
    return [path for path in paths if path]


def _at(data: object, path: Sequence[str]) -> object:
    for name in path:
        data = cast("dict[str, Any]", data).get(name) if isinstance(data, dict) else None
    return data


def _size(data: object) -> tuple[int, int, int]:
    """Return how many items some data has, how many are in its largest list or map, and its characters."""
    if isinstance(data, str):
        return 0, 0, len(data)
    if not isinstance(data, list | dict):
        return 0, 0, 0
    whole = cast("list[object] | dict[str, object]", data)
    inner = list(whole.values()) if isinstance(whole, dict) else whole
    sizes = [_size(one) for one in inner]
    items, longest = len(inner) + sum(size[0] for size in sizes), max([len(inner), *(size[1] for size in sizes)])
    return items, longest, sum(size[2] for size in sizes)


def _fitting(data: object) -> object:
    """Return data that CEL can hold: lone surrogates become question marks, numbers beyond 64 bits broken ones."""
    if isinstance(data, str):
        return data if data.isascii() else data.encode("utf-8", "replace").decode("utf-8")
    if isinstance(data, dict):
        fields = cast("dict[str, object]", data)
        return {str(_fitting(name)): _fitting(value) for name, value in fields.items()}
    if isinstance(data, int) and not -_WHOLE <= data < _WHOLE:
        return float(data)
    return [_fitting(one) for one in cast("list[object]", data)] if isinstance(data, list) else data
