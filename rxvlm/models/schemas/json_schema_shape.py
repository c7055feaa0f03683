"""The shape that a JSON schema describes. Import it where it is used: it loads jsonschema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, exceptions, validators

from rxvlm.models.boxes import Box, Coordinates
from rxvlm.models.schemas.json_schema import JsonSchema
from rxvlm.models.schemas.shape import MismatchError, Shape


def json_schema_shape(schema: JsonSchema) -> Shape:
    """Make the shape of a JSON schema; its values are dicts and lists, its boxes ``[left, top, right, bottom]``.

    Raises:
        ValueError: If it is not a JSON schema.
    """
    whole = dict(schema)
    kind = validators.validator_for(whole, default=Draft202012Validator)
    try:
        kind.check_schema(whole)
    except exceptions.SchemaError as error:
        raise ValueError(f"this is not a JSON schema: {error.message}") from error

    def check(data: Any, coordinates: Coordinates) -> object:  # noqa: ANN401 - any JSON
        boxes: list[tuple[list[float], Box]] = []
        formats = FormatChecker()

        def is_box(item: object) -> bool:
            if isinstance(item, list):  # JSON schema: a format says nothing about other types
                boxes.append((cast("list[float]", item), coordinates.box(cast("object", item))))
            return True

        formats.checks("box", raises=ValueError)(is_box)
        errors = list(kind(whole, format_checker=formats).iter_errors(data))
        if errors:
            raise MismatchError(map(_problem, errors))
        for item, box in boxes:
            item[:] = box.listed()
        return data

    return Shape(whole, check)


def _problem(error: exceptions.ValidationError) -> tuple[list[object], str]:
    """Return (path, message) of an error; among alternatives, of the one that matches best."""
    best_of = cast("Callable[[list[exceptions.ValidationError]], exceptions.ValidationError]", exceptions.best_match)  # pyright: ignore[reportUnknownMemberType] - its stub leaves the return type open
    deepest = best_of([error])
    return list(deepest.absolute_path), str(deepest.cause or deepest.message)
