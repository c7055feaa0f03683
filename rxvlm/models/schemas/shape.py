"""Shape: what an answer must be, whoever says it."""

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
    """Raised when an answer is not of its shape; the message says the first problems.

    Args:
        problems: (path to a part of the answer, what is wrong with it) each.
    """

    def __init__(self, problems: Iterable[tuple[Iterable[object], str]]) -> None:
        told = [_short(": ".join(filter(None, (".".join(map(str, path)), what)))) for path, what in problems]
        more = [f"and {len(told) - _MOST_PROBLEMS} more"] if len(told) > _MOST_PROBLEMS else []
        super().__init__("; ".join(told[:_MOST_PROBLEMS] + more))


class Shape:
    """What an answer must be.

    Servers promise JSON objects only: what is no object is asked for as the single
    field of one, ``items`` for an array and ``answer`` for all else.

    Args:
        schema: The JSON schema of the value, in which boxes are arrays of the format ``"box"``.
        check: Makes the value of JSON, which it may use up, or raises `MismatchError`.

    Attributes:
        request: The JSON schema of the object that is asked for; boxes are arrays of four numbers.
        has_boxes: Whether there may be boxes in an answer.
    """

    def __init__(self, schema: JsonSchema, check: Check) -> None:
        told = cast("JsonSchema", _boxes_told(schema))
        self.has_boxes = told != schema
        self.request = _rooted(told)
        self._check = check
        self._key = None
        kind = self.request.get("type")
        if kind != "object" and "properties" not in self.request:
            self._key = "items" if kind == "array" else "answer"
            self.request = _wrapped(self.request, self._key)

    def value(self, answer: Json, coordinates: Coordinates) -> Any:  # noqa: ANN401 - whatever the caller asked for
        """Make the value of an answer; one that leaves the wrapping out is as good.

        Args:
            answer: The JSON that a model gave; it may become part of the value.
            coordinates: How it writes boxes.

        Raises:
            MismatchError: If it is not of this shape.
        """
        if self._key is not None and isinstance(answer, dict) and answer.keys() == {self._key}:
            return self._check(answer[self._key], coordinates)
        return self._check(answer, coordinates)


def _boxes_told(schema: object) -> object:
    """Write the boxes of a schema as servers know them, and call them so where the model reads it."""
    if isinstance(schema, list):
        return [_boxes_told(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, Mapping):
        return schema
    fields = cast("Mapping[str, Any]", schema)
    if fields.get("format") != "box":
        return {name: _boxes_told(value) for name, value in fields.items()}
    said = fields.get("description")
    told = {**fields, **_BOX, "description": f"a box: {said}" if said else "a box"}
    del told["format"]  # servers that are strict refuse a format that they do not know
    return told


def _rooted(schema: JsonSchema) -> JsonSchema:
    """Put what the whole of a recursive type refers to in the place of the reference."""
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
