"""Fields: typed answers in one short text, such as ``people:int, colour:str``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from rxvlm.arguments import describe

Fields: TypeAlias = str | Mapping[str, str | type]
"""``"people:int, colour:str"``, or names and types; types are int, float, bool, str and list (of texts)."""

_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "list": {"type": "array", "items": {"type": "string"}},
}
_FIELD: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*:\s*(\w+)\s*")


def fields_in_text(fields: Fields, name: str = "fields") -> str:
    """Return fields as a text in one form, so that equal ones are equal texts.

    >>> fields_in_text({"people": int, "colour": "str"}), fields_in_text("people:int,colour : str")
    ('people:int, colour:str', 'people:int, colour:str')

    Args:
        fields: The fields.
        name: What they are called in an error.

    Raises:
        TypeError: If it is neither a text nor a mapping.
        ValueError: If a field cannot be read, or a type is unknown.
    """
    return ", ".join(f"{field}:{kind}" for field, kind in _parsed(fields, name).items())


def schema_from(fields: Fields, name: str = "fields") -> dict[str, Any]:
    """Return the JSON schema of an object with these fields.

    >>> schema_from("people:int, colour:str")["properties"]
    {'people': {'type': 'integer'}, 'colour': {'type': 'string'}}

    Raises:
        TypeError: As `fields_in_text`, and so is ValueError.
        ValueError: If a field cannot be read, or a type is unknown.
    """
    properties = {field: dict(_TYPES[kind]) for field, kind in _parsed(fields, name).items()}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _parsed(fields: object, name: str) -> dict[str, str]:
    """Return the type of each field, by its name."""
    if isinstance(fields, Mapping):
        kinds = {str(field): getattr(kind, "__name__", str(kind)) for field, kind in fields.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - of whatever the caller has in it
        parts = [f"{field}:{kind}" for field, kind in kinds.items()]
    elif isinstance(fields, str):
        parts = fields.split(",")
    else:
        raise TypeError(f'{name} is as in "people:int, colour:str", not {describe(fields)}')
    parsed: dict[str, str] = {}
    for part in parts:
        found = _FIELD.fullmatch(part)
        if found is None or found[2] not in _TYPES:
            types = ", ".join(_TYPES)
            raise ValueError(f'{name} is as in "people:int, colour:str", not {part.strip()!r}; types are {types}')
        parsed[found[1]] = found[2]
    if not parsed:
        raise ValueError(f'{name} is as in "people:int, colour:str", and there is none')
    return parsed
