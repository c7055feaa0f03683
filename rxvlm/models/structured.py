"""structured: a model whose answers are typed objects, JSON of a schema, or errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast, overload

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError, InvalidAnswerError, PartialAnswerError
from rxvlm.models.boxes import Boxes, Coordinates, convention, coordinates
from rxvlm.models.combining.nesting import models_in
from rxvlm.models.schemas.json_in_text import json_in
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.models.schemas.shape import Shape
from rxvlm.text import valid_unicode
from rxvlm.vlm import Piece, Usage, Vlm, ask_model, check_model

_CUT_SHORT = ("length", "max_tokens")
_Shaped = TypeVar("_Shaped")
_MOST_REPEATED = 4000  # characters of a wrong answer that the model is shown again


@overload
def structured(model: Vlm, schema: type[_Shaped], *, boxes: Boxes = "auto", repair: bool = True) -> Vlm[_Shaped]: ...


@overload
def structured(model: Vlm, schema: object, *, boxes: Boxes = "auto", repair: bool = True) -> Vlm: ...


@suggest_options()
def structured(model: Vlm, schema: object, *, boxes: Boxes = "auto", repair: bool = True) -> Vlm[Any]:
    """Make a model whose answers match a schema: the value of each answer is the typed object.

    ``structured(model, Seen)`` is a ``Vlm[Seen]``, so that type checkers know ``analysis.value`` as a ``Seen``.

    The schema goes into the prompt, and into the request if the server supports that. Code fences, prose
    around the JSON and thoughts before it are removed. If an answer does not match the schema, the model is
    asked once more, with its answer and the mistake in the prompt; an answer that was truncated is never completed or
    guessed. The answer is one piece: its text is the JSON as the model wrote it, its usage the sum of all requests.

    Validation is pydantic's: it reads ``"3"`` as a number where a number is expected, unless the class sets
    ``ConfigDict(strict=True)``. A JSON schema is applied strictly.

    Args:
        model: The model.
        schema: A pydantic class; or any type that pydantic can validate, such as ``list[Event]``; or a JSON
            schema as a mapping, whose values are plain dicts and lists. Boxes are fields of the type `Box`,
            or of ``{"type": "array", "format": "box"}``: ``[left, top, right, bottom]``, each 0 to 1.
        boxes: How the prompt asks the model to write boxes; ``"auto"`` decides by its name, and asks an unknown
            model for fractions.
        repair: Whether to ask once more if an answer does not match.

    Returns:
        A Vlm; it fails with `InvalidAnswerError` or `PartialAnswerError`.

    Raises:
        ValueError: If the mapping is not a JSON schema, ``boxes`` is unknown, or the model is structured already.
        TypeError: If pydantic cannot make a schema of the type.
    """
    check_model(model)
    shape = _shape_of(schema)
    names = [getattr(part, "model", part.name) for part in models_in(model) if not getattr(part, "models", ())]
    return StructuredVlm(with_schema(model, shape.request), shape, convention(boxes, names), repair=repair)


class StructuredVlm:
    """A model whose answers match a schema; see `structured`."""

    def __init__(self, model: Vlm, shape: Shape, boxes: Boxes, *, repair: bool) -> None:
        self.name = model.name
        self.models = (model,)
        self._shape = shape
        self._boxes: Boxes = boxes
        self._repair = repair
        self._instruction = (
            "Answer with one JSON object of this JSON schema and nothing else, no explanation and no code fence:\n"
            + json.dumps(shape.request, ensure_ascii=False, separators=(",", ":"))
        )

    def __repr__(self) -> str:
        return f"structured({', '.join(map(repr, self.models))})"

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Raise ValueError: an answer has one schema."""
        _ = schema
        raise ValueError(f"{self.name} is structured already")

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask, and once more if the answer does not match; the answer is one piece."""

        def begin(_scheduler: SchedulerBase | None) -> Observable[Piece]:
            question, written = f"{prompt}\n\n{self._instruction}", Coordinates()
            if self._shape.has_boxes:
                written = coordinates(self._boxes, clip)
                question += f"\nEvery box in it is {written}."
            return self._ask(clip, question, written, repair=self._repair)

        return reactivex.defer(begin)

    def _ask(self, clip: Clip, question: str, written: Coordinates, *, repair: bool) -> Observable[Piece]:
        def judge(reply: Piece) -> Observable[Piece]:
            try:
                return reactivex.just(self._read(reply, written))
            except (ValueError, RecursionError) as fault:
                if not repair or (reply.finish_reason or "").lower() in _CUT_SHORT:
                    raise self._error(reply, fault) from fault
                mended = self._ask(clip, f"{question}\n\n{_again(reply.text, fault)}", written, repair=False)
                return mended.pipe(ops.map(lambda second: replace(second, usage=_sum(reply.usage, second.usage))))

        return ask_model(self.models[0], clip, question).pipe(ops.to_list(), ops.map(_joined), ops.flat_map(judge))

    def _read(self, reply: Piece, written: Coordinates) -> Piece:
        """Return a reply with the value that is in its text; raise ValueError if there is none that matches."""
        answer = json_in(reply.text)
        text = valid_unicode(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        return replace(reply, text=text, value=self._shape.value(json.loads(text), written))

    def _error(self, reply: Piece, fault: Exception) -> BadAnswerError:
        request_id = reply.request_id or ""
        if (reply.finish_reason or "").lower() in _CUT_SHORT:
            written = len(reply.text)
            return PartialAnswerError(
                f"{self.name} was cut short after {written} characters: ask for less, or let it write more",
                request_id=request_id,
            )
        twice = ", asked twice" if self._repair else ""
        message = f"{self.name} returned no answer of the schema{twice}: {fault}"
        return InvalidAnswerError(message, request_id=request_id)


def _again(answer: str, fault: Exception) -> str:
    """Write the addition to a prompt that says what was wrong with the model's answer."""
    shown = answer[:_MOST_REPEATED] + ("..." if len(answer) > _MOST_REPEATED else "")
    return (
        f"You answered this before:\n{shown}\nIt is not what was asked for: {fault}.\n"
        "Look again, and answer with the whole JSON object, corrected."
    )


def _shape_of(wanted: object) -> Shape:
    if isinstance(wanted, Mapping):
        from rxvlm.models.schemas.json_schema_shape import json_schema_shape  # it loads jsonschema

        return json_schema_shape(cast("JsonSchema", wanted))
    from rxvlm.models.schemas.pydantic_shape import pydantic_shape  # it loads pydantic

    return pydantic_shape(wanted)


def _joined(pieces: Sequence[Piece]) -> Piece:
    return replace(pieces[-1], text="".join(piece.text for piece in pieces))


def _sum(first: Usage | None, second: Usage | None) -> Usage | None:
    """Add up the usage of two requests, as far as the provider reports it."""
    if first is None or second is None:
        return first or second
    videos = [usage.video for usage in (first, second) if usage.video is not None]
    return Usage(first.input + second.input, first.output + second.output, sum(videos) if videos else None)
