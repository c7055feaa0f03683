"""Mistakes in a file: where each is, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rxvlm.text import one_line

Key: TypeAlias = tuple[str | int, ...]
"""Where a value stands: the names of its tables from the outside in, and the place in a list, from 0."""

_SHOWN: Final = 60  # characters of what was found
_EXPECTED: Final[Mapping[str, str]] = {
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a file.

    Attributes:
        file: The file.
        key: Where in it; empty for the file as a whole.
        what: What was expected and what was found, or what to do.
    """

    file: str
    key: Key
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, written(self.key), self.what) if part)


def written(key: Key) -> str:
    """Write a key as TOML does.

    >>> written(("cameras", "back yard", "mask", 0))
    'cameras."back yard".mask[0]'
    """
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if part.replace("-", "_").isidentifier() and part.isascii() else f'"{one_line(part)}"'
            text += f".{name}" if text else name
    return text


def did_you_mean(name: str, known: Collection[str], *, kind: str = "key") -> str:
    """Say that there is no such name, and which one was probably meant."""
    if close := _closest(name, known):
        return f"there is no such {kind}; did you mean {close}?"
    return f"there is no such {kind}; there are {', '.join(known)}" if known else f"there is no such {kind}"


def _closest(name: str, known: Collection[str]) -> str:
    return next(iter(get_close_matches(name, known, 1, 0.6)), "")


def explain(error: ValidationError, model: type[BaseModel], is_secret: Callable[[Key], bool]) -> list[tuple[Key, str]]:
    """Return where each mistake is that pydantic found, and what to say of it.

    Args:
        error: What pydantic raised.
        model: What the table was checked with, for the keys that there are.
        is_secret: Whether the value at a key must not be shown.
    """
    told: dict[Key, str] = {}
    for detail in error.errors():
        flat = detail["type"] == "list_type"  # a list without its inner brackets is one mistake, not one of each number
        at = detail["loc"][:1] if flat else detail["loc"]
        told.setdefault(at, _sentence(detail, model, is_secret) if not flat or at == detail["loc"] else "")
    return [(at, what or "expected a list of lists") for at, what in told.items()]


def _sentence(detail: ErrorDetails, model: type[BaseModel], is_secret: Callable[[Key], bool]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return did_you_mean(str(detail["loc"][-1]), _keys(model, detail["loc"][:-1]))
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        choices = context["expected"].replace(" or ", ", ")
        expected = f"one of {choices}" if "," in choices else choices
    else:
        expected = _EXPECTED.get(kind, "").format(**context) or detail["msg"]
    if is_secret(detail["loc"]):
        return f"expected {expected}"
    if kind != "literal_error" or "," not in expected:
        return f"expected {expected}, found {found(detail['input'])}"
    close = _closest(str(detail["input"]), context["expected"].replace("'", " ").split())
    hint = f"; did you mean {close!r}?" if close else ""
    return f"expected {expected}, found {found(detail['input'])}{hint}"


def found(value: object) -> str:
    """Return a value as TOML writes it, in one short line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if value == []:
        return "an empty list"
    text = one_line(f'"{value}"' if isinstance(value, str) else f"{value}")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _keys(model: type[BaseModel], path: Key) -> list[str]:
    """Return the keys that there are in a table, or in a table inside it."""
    for part in path:
        annotation: Any = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        inner = [one for one in (annotation, *getattr(annotation, "__args__", ())) if isinstance(one, type)]
        model = next((one for one in inner if issubclass(one, BaseModel)), model)
    return list(model.model_fields)
