"""Shape: what an answer must look like, and how its value is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, cast

from rxvlm.models.boxes import Coordinates
from rxvlm.models.schemas.json_in_text import Json
from rxvlm.models.schemas.json_schema import JsonSchema
from rxvlm.text import one_line

_MOST_PROBLEMS = 3
_MOST_WORDS = 200  # characters of a problem
_BOX: Final = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}

Check: TypeAlias = Callable[[Any, Coordinates], Any]


class MismatchError(ValueError):
    """Raised when an answer does not match its shape; the message names the first problems.

    Args:
        problems: For each, (path to the part of the answer, what is wrong with it).
    """

    def __init__(self, problems: Iterable[tuple[Iterable[object], str]]) -> None:
        told = [_short(": ".join(filter(None, (".".join(map(str, path)), what)))) for path, what in problems]
        more = [f"and {len(told) - _MOST_PROBLEMS} more"] if len(told) > _MOST_PROBLEMS else []
        super().__init__("; ".join(told[:_MOST_PROBLEMS] + more))


class Shape:
    """What an answer must look like.

    Servers guarantee JSON objects only. So a value that is not an object is asked for as the only field of an
    object: ``items`` for an array, ``answer`` for anything else.

    Args:
        schema: The JSON schema of the value, in which boxes are arrays of the format ``"box"``.
        check: Makes the value from JSON, which it may modify, or raises `MismatchError`.

    Attributes:
        request: The JSON schema of the object that is asked for; boxes are arrays of four numbers.
        has_boxes: Whether an answer may hold boxes.
    """

    def __init__(self, schema: JsonSchema, check: Check) -> None:
        told = cast("JsonSchema", _with_plain_boxes(schema))
        self.has_boxes = told != schema
        self.request = _without_root_reference(told)
        self._check = check
        self._key = None
        kind = self.request.get("type")
        if kind != "object" and "properties" not in self.request:
            self._key = "items" if kind == "array" else "answer"
            self.request = _wrapped(self.request, self._key)

    def value(self, answer: Json, coordinates: Coordinates) -> Any:  # noqa: ANN401 - whatever the caller asked for
        """Make the value of an answer, which may leave out the wrapping object.

        Args:
            answer: JSON from the model; it may become part of the value.
            coordinates: How the model writes boxes.

        Raises:
            MismatchError: If it does not match.
        """
        if self._key is not None and isinstance(answer, dict) and answer.keys() == {self._key}:
            return self._check(answer[self._key], coordinates)
        return self._check(answer, coordinates)


def _with_plain_boxes(schema: object) -> object:
    """Return a schema with boxes as plain arrays of four numbers, and the word "box" in their descriptions."""
    if isinstance(schema, list):
        return [_with_plain_boxes(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, Mapping):
        return schema
    fields = cast("Mapping[str, Any]", schema)
    if fields.get("format") != "box":
        return {name: _with_plain_boxes(value) for name, value in fields.items()}
    said = fields.get("description")
    told = {**fields, **_BOX, "description": f"a box: {said}" if said else "a box"}
    del told["format"]  # strict servers refuse an unknown format
    return told


def _without_root_reference(schema: JsonSchema) -> JsonSchema:
    """Replace a reference at the root, which the schema of a recursive type has, by its definition."""
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    meant = cast("JsonSchema | None", schema.get("$defs", {}).get(name))
    return schema if meant is None else {**{key: schema[key] for key in schema if key != "$ref"}, **meant}


def _wrapped(schema: JsonSchema, key: str) -> JsonSchema:
    outside = ("$schema", "$id", "$defs", "definitions")  # references are paths from the outermost schema
    inner = {name: value for name, value in schema.items() if name not in outside}
    outer = {name: value for name, value in schema.items() if name in outside}
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False, **outer}


def _short(problem: str) -> str:
    line, half = one_line(problem), _MOST_WORDS // 2
    return line if len(line) <= _MOST_WORDS else f"{line[:half]}...{line[-half:]}"
