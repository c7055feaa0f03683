"""The shape of a pydantic class, or any type that pydantic validates. Import it where it is used: it loads pydantic."""

from __future__ import annotations

import json
from typing import Any, cast

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from rxvlm.models.boxes import CONTEXT, Coordinates
from rxvlm.models.schemas.shape import MismatchError, Shape


def pydantic_shape(kind: object) -> Shape:
    """Make the shape of a type; its values are instances of it, validated by pydantic.

    Raises:
        TypeError: If pydantic cannot make a schema of it.
    """
    try:
        adapter = TypeAdapter[Any](cast("type[Any]", kind))
        schema = adapter.json_schema(schema_generator=_Untitled)
    except PydanticUserError as error:
        why = error.message.splitlines()[0]
        raise TypeError(f"pydantic cannot make a schema of {kind!r}: {why}") from error

    def check(data: object, coordinates: Coordinates) -> object:
        try:
            return adapter.validate_json(json.dumps(data), context={CONTEXT: coordinates})
        except ValidationError as error:
            said = error.errors(include_url=False, include_context=False, include_input=False)
            raise MismatchError((one["loc"], one["msg"].removeprefix("Value error, ")) for one in said) from error

    return Shape(schema, check)


class _Untitled(GenerateJsonSchema):
    """Writes a schema as pydantic does, without the titles."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Return False: titles only repeat the names of the fields, and cost tokens."""
        _ = schema
        return False
