"""The fields of an answer as plain data that CEL can hold, and how much of it there is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, cast

from rxvlm.analysis import Analysis
from rxvlm.display.json_form import plain

MOST_ITEMS: Final = 4000
"""Elements of lists and entries of maps, in all fields that a text names together."""

MOST_LETTERS: Final = 20_000
"""Characters, of all fields that a text names together."""

_DEEPEST: Final = 40  # lists and maps inside each other
_WHOLE: Final = 2**63


class TooMuchError(ValueError):
    """Raised when some data is more than a text may look at."""


def _error(analysis: Analysis) -> str:
    return "" if analysis.error is None else f"{type(analysis.error).__name__}: {analysis.error}"


_OWN: Final[Mapping[str, Callable[[Analysis], object]]] = {
    "text": lambda analysis: analysis.text,
    "camera": lambda analysis: analysis.clip.span.source,
    "error": _error,
    "start": lambda analysis: analysis.clip.span.start,
    "end": lambda analysis: analysis.clip.span.end,
}
OWN: Final = (*_OWN, "value")
"""Names of an answer's own; ``value`` reaches a field that is called like one of the others."""


class Fields:
    """Reads from answers the fields that a text names.

    Args:
        names: The names.
        longest: Elements of one list, or entries of one map, that the text may look at.
    """

    def __init__(self, names: frozenset[str], longest: int) -> None:
        self._own = [(name, read) for name, read in _OWN.items() if name in names]
        self._fields = sorted(names.difference(OWN))
        self._value = "value" in names
        self._longest = longest

    def __call__(self, analysis: Analysis) -> dict[str, object]:
        """Return those fields that are there.

        Raises:
            TooMuchError: If they are too much to look at.
        """
        data: dict[str, object] = {name: read(analysis) for name, read in self._own}
        value = analysis.value
        if self._fields:
            record = cast("object", value if type(value) is dict else plain(value))
            fields = cast("dict[str, object]", record) if isinstance(record, dict) else {}
            for name in self._fields:
                if name in fields:
                    data[name] = fields[name]
        if self._value:
            data["value"] = value
        fitting = _Fitting(self._longest)
        for name, field in data.items():
            data[name] = fitting(field)
        return data


class _Fitting:
    """Makes data fit into CEL, and counts it: what is too much is not looked at to its end."""

    __slots__ = ("_items", "_letters", "_longest")

    def __init__(self, longest: int) -> None:
        self._longest, self._items, self._letters = longest, 0, 0

    def __call__(self, data: object, depth: int = 0) -> object:
        """Return data that CEL can hold, of JSON's types; numbers beyond 64 bits become broken ones, NaN None."""
        kind = type(data)
        if kind is str:
            return self.text(cast("str", data))
        if kind is float:
            return data if math.isfinite(cast("float", data)) else None
        if kind is bool or data is None:
            return data
        if kind is int:
            whole = cast("int", data)
            return whole if -_WHOLE <= whole < _WHOLE else float(whole)
        if kind is list or kind is dict:
            return self._inside(cast("list[object] | dict[object, object]", data), depth + 1)
        return self(plain(data), depth + 1)

    def text(self, text: str) -> str:
        """Return a text that CEL can hold: lone surrogates become question marks."""
        self._letters += len(text)
        if self._letters > MOST_LETTERS:
            raise TooMuchError(f"its fields have more than {MOST_LETTERS} characters")
        return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")

    def _inside(self, data: list[object] | dict[object, object], depth: int) -> object:
        count = len(data)
        self._items += count
        if count > self._longest:
            raise TooMuchError(f"a field has {count} items, and it looks at {self._longest} at most")
        if self._items > MOST_ITEMS:
            raise TooMuchError(f"its fields have more than {MOST_ITEMS} items")
        if depth > _DEEPEST:
            raise TooMuchError(f"its fields have more than {_DEEPEST} lists and maps inside each other")
        if isinstance(data, list):
            return [self(one, depth) for one in data]
        return {self._name(name): self(one, depth) for name, one in data.items()}

    def _name(self, name: object) -> str:
        known = name if type(name) is str else next(iter(plain({name: None})))
        return self.text(known)
