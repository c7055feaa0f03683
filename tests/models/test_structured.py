from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired

import pytest
import reactivex
from pydantic import BaseModel, ConfigDict, Field, field_validator
from reactivex import Observable
from typing_extensions import TypedDict

from rxvlm import Analysis, Clip, ModelError, Piece, Usage, Vlm
from rxvlm.errors import InvalidAnswerError, ModelBusyError, PartialAnswerError
from rxvlm.models.boxes import Box
from rxvlm.models.fallback import fallback
from rxvlm.models.limit import limit
from rxvlm.models.retry import retry
from rxvlm.models.schemas.json_in_text import json_in
from rxvlm.models.schemas.json_schema import JsonSchema
from rxvlm.models.structured import structured
from rxvlm.operators import analyze
from rxvlm.testing import END, Say, ScriptedVlm, play, scripted

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 640, 480, 0.0, 1.0)


class Event(BaseModel):
    """Something that happens."""

    what: str = Field(description="in a few words")
    seconds: float
    where: Box | None = None


GOOD = '{"what": "a car", "seconds": 2.5, "where": null}'
CAR = Event(what="a car", seconds=2.5)


def heard(vlm: Vlm, prompt: str = "What happens?") -> list[Any]:
    """Ask on virtual time; give what came, without the times."""
    return [item for _, item in play(vlm.ask(CLIP, prompt))]


def answer(schema: object, *says: str | Say, name: str = "scripted", **options: Any) -> Any:
    """Give the value of an answer, or the error that it is."""
    first = heard(structured(scripted(*says, name=name), schema, **options))[0]
    return first.value if isinstance(first, Piece) else first


def problem(schema: object, *says: str | Say, **options: Any) -> str:
    error = answer(schema, *says, **options)
    assert isinstance(error, InvalidAnswerError), error
    return str(error)


class Native:
    """A model whose server keeps a schema; it remembers which, and says what it is to say in pieces."""

    name = "native"
    model = "qwen3-vl-plus"

    def __init__(self, *pieces: Piece, schema: JsonSchema | None = None) -> None:
        self.schemas: list[JsonSchema] = [] if schema is None else [schema]
        self._pieces = pieces

    def with_schema(self, schema: JsonSchema) -> Vlm:
        self.schemas.append(schema)
        return Native(*self._pieces, schema=schema)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        return reactivex.from_iterable(self._pieces)


# What is asked, and what comes of it


def test_the_value_is_the_typed_object() -> None:
    """An answer of the schema is one piece, with the object, the JSON as text and the facts."""
    model = scripted(Say(f"```json\n{GOOD}\n```", usage=Usage(10, 5)))
    pieces = heard(structured(model, Event))
    assert pieces == [Piece(GOOD, CAR, usage=Usage(10, 5), finish_reason="stop"), END]


def test_the_prompt_says_what_is_wanted() -> None:
    """The schema stands behind the prompt, in one line, with the word JSON, without titles of fields."""
    model = scripted(GOOD)
    heard(structured(model, Event), "What happens?")
    prompt = model.asked[0][1]
    assert prompt.startswith("What happens?\n\nAnswer with one JSON object of this JSON schema and nothing else")
    schema = json.loads(prompt.splitlines()[3])
    assert schema["properties"]["what"] == {"description": "in a few words", "type": "string"}
    assert schema["description"] == "Something that happens."
    assert schema["required"] == ["what", "seconds"]


def test_a_server_that_keeps_schemas_is_given_it() -> None:
    """The schema goes with the request where the model takes one; boxes are what servers know."""
    model = Native(Piece(GOOD))
    assert heard(structured(model, Event))[0].value == CAR
    assert model.schemas[0]["properties"]["where"]["anyOf"][0] == {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 4,
        "maxItems": 4,
        "description": "a box",
    }
    assert "box" not in [node.get("format") for node in model.schemas[0]["properties"]["where"]["anyOf"]]


def test_pieces_are_put_together() -> None:
    """An answer that streams is read when it is whole; the facts are those of its last piece."""
    model = Native(Piece(GOOD[:9]), Piece(GOOD[9:]), Piece(usage=Usage(1, 2, 3), request_id="r1", model="m"))
    assert heard(structured(model, Event))[0] == Piece(
        GOOD, CAR, model="m", usage=Usage(1, 2, 3), request_id="r1", finish_reason=None
    )


def test_asking_is_cold() -> None:
    """Nothing is asked before subscription, and every subscription asks anew."""
    model = scripted(GOOD)
    asked = structured(model, Event).ask(CLIP, "?")
    assert model.asked == []
    play(asked)
    play(asked)
    assert len(model.asked) == 2


def test_an_analysis_carries_the_value() -> None:
    """Behind `analyze`, it is `Analysis.value`; the prompt is the caller's own."""
    analyses: list[Analysis] = [
        item
        for _, item in play(reactivex.just(CLIP).pipe(analyze(structured(scripted(GOOD), Event), "What?")))
        if item is not END
    ]
    assert [(one.value, one.text, one.prompt, one.model) for one in analyses] == [(CAR, GOOD, "What?", "scripted")]


# Schemas


class Shade(Enum):
    LIGHT = "light"
    DARK = "dark"


@dataclass
class Place:
    name: str


class Count(TypedDict):
    cars: int
    vans: NotRequired[int]


class Node(BaseModel):
    kids: list[Node] = []


@pytest.mark.parametrize(
    ("schema", "said", "value", "key"),
    [
        (Event, GOOD, CAR, None),
        (Place, '{"name": "yard"}', Place("yard"), None),
        (Count, '{"cars": 2}', {"cars": 2}, None),
        (dict[str, int], '{"cars": 2}', {"cars": 2}, None),
        (Node, '{"kids": [{"kids": []}]}', Node(kids=[Node()]), None),
        (list[Event], f'{{"items": [{GOOD}]}}', [CAR], "items"),
        (list[Node], '{"items": [{"kids": []}]}', [Node()], "items"),
        (tuple[int, ...], '{"items": [1, 2]}', (1, 2), "items"),
        (Literal["yes", "no"], '{"answer": "no"}', "no", "answer"),
        (Shade, '{"answer": "dark"}', Shade.DARK, "answer"),
        (Annotated[int, Field(ge=1)], '{"answer": 3}', 3, "answer"),
        (Place | None, '{"answer": null}', None, "answer"),
        ({"type": "object"}, '{"cars": 2}', {"cars": 2}, None),
        ({"properties": {"cars": {"type": "integer"}}}, '{"cars": 2}', {"cars": 2}, None),
        ({"type": "array", "items": {"type": "integer"}}, '{"items": [1, 2]}', [1, 2], "items"),
        ({"enum": ["yes", "no"]}, '{"answer": "no"}', "no", "answer"),
    ],
)
def test_what_a_schema_may_be(schema: object, said: str, value: object, key: str | None) -> None:
    """Any type that pydantic knows, or a JSON schema; what is no object is asked for inside of one."""
    model = Native(Piece(said))
    assert heard(structured(model, schema))[0].value == value
    request = model.schemas[0]
    assert request.get("type", "object") == "object"
    assert "$ref" not in request
    assert [name for name in request.get("properties", {}) if name in ("items", "answer")] == ([key] if key else [])
    assert key is None or request["required"] == [key]


def test_references_hold_where_an_array_is_wrapped() -> None:
    """Definitions stay outermost, so that what refers to them finds them."""
    thing = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    schema = {"type": "array", "items": {"$ref": "#/$defs/Thing"}, "$defs": {"Thing": thing}}
    model = Native(Piece('{"items": [{"name": "cat"}]}'))
    assert heard(structured(model, schema))[0].value == [{"name": "cat"}]
    assert model.schemas[0]["$defs"] == {"Thing": thing}
    assert model.schemas[0]["properties"]["items"] == {"type": "array", "items": {"$ref": "#/$defs/Thing"}}
    assert "items.0" not in problem(schema, '{"items": [{}]}')


def test_a_bare_array_is_as_good() -> None:
    """A model that leaves the wrapping out has answered all the same."""
    assert answer(list[Event], f"[{GOOD}]") == [CAR]


@pytest.mark.parametrize("schema", ["Event", int.__add__, Callable[[int], int]])
def test_what_pydantic_does_not_know_is_a_type_error(schema: object) -> None:
    """It is refused at once, by its name."""
    with pytest.raises(TypeError, match="pydantic cannot make a schema of"):
        structured(scripted(""), schema)


def test_a_mapping_that_is_no_schema_is_a_value_error() -> None:
    """It is refused at once."""
    with pytest.raises(ValueError, match="this is not a JSON schema: 3 is not valid"):
        structured(scripted(""), {"type": 3})


# Answers that are not of the schema


def test_a_wrong_answer_is_asked_for_once_more() -> None:
    """The model is told what it said and what is wrong with it; the answer costs both asks."""
    wrong = '{"what": "a car", "seconds": "late"}'
    model = scripted(Say(wrong, usage=Usage(100, 10, 80)), Say(GOOD, usage=Usage(150, 20, 80)))
    pieces = heard(structured(model, Event))
    assert pieces == [Piece(GOOD, CAR, usage=Usage(250, 30, 160), finish_reason="stop"), END]
    (first_clip, first), (second_clip, second) = model.asked
    assert first_clip is second_clip is CLIP
    assert second.startswith(first)
    assert f"You answered this before:\n{wrong}\n" in second
    assert "seconds: Input should be a valid number" in second


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (None, None, None),
        (Usage(1, 2), None, Usage(1, 2)),
        (None, Usage(1, 2), Usage(1, 2)),
        (Usage(1, 2), Usage(3, 4, 5), Usage(4, 6, 5)),
        (Usage(1, 2), Usage(3, 4), Usage(4, 6)),
    ],
)
def test_what_two_asks_cost(first: Usage | None, second: Usage | None, both: Usage | None) -> None:
    """Usage is added up as far as the provider says."""
    model = scripted(Say("none", usage=first), Say(GOOD, usage=second))
    assert heard(structured(model, Event))[0].usage == both


def test_a_second_wrong_answer_is_an_error() -> None:
    """There is no third ask and no value; the error says what is wrong, and is not tried again."""
    model = Native(Piece("I see a car.", request_id="r7"))
    error = heard(structured(model, Event))[0]
    assert isinstance(error, InvalidAnswerError)
    assert str(error) == "native returned no answer of the schema, asked twice: it holds no JSON object"
    assert (error.request_id, error.retryable) == ("r7", False)
    said = scripted("no")
    heard(structured(said, Event))
    assert len(said.asked) == 2


def test_repairing_can_be_left_out() -> None:
    """Then the first wrong answer is the error."""
    model = scripted("no", GOOD)
    error = heard(structured(model, Event, repair=False))[0]
    assert str(error) == "scripted returned no answer of the schema: it holds no JSON object"
    assert len(model.asked) == 1


def test_a_long_wrong_answer_is_not_repeated_in_full() -> None:
    """The second prompt is bounded, whatever the model wrote."""
    model = scripted("x" * 100_000, GOOD)
    assert heard(structured(model, Event))[0].value == CAR
    assert len(model.asked[1][1]) < 6000


def test_the_first_problems_are_told() -> None:
    """Three at most, each in one line and short, and how many more there are."""
    said = problem(list[Event], json.dumps({"items": [{"what": 1}, {"what": 2}, {"what": 3}]}))
    assert said.endswith(
        "0.what: Input should be a valid string; 0.seconds: Field required; 1.what: Input should be a valid string; "
        "and 3 more"
    )
    long = problem({"properties": {"a": {"type": "integer"}}}, json.dumps({"a": "x" * 10_000}))
    assert long.endswith("is not of type 'integer'")
    assert len(long) < 400


def test_a_problem_is_shown_in_one_line() -> None:
    """What a model wrote may be part of it: line breaks and escape sequences do not reach a terminal."""

    class Known(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def known(cls, name: str) -> str:
            raise ValueError(f"{name} is unknown")

    assert problem(Known, json.dumps({"name": "a\n\x1b[31mcat"})).endswith("twice: name: a cat is unknown")


def test_the_best_fitting_alternative_is_told() -> None:
    """Of several that a JSON schema allows, the problem is that of the one which fits best."""
    schema = {"properties": {"at": {"anyOf": [{"type": "array", "format": "box"}, {"type": "null"}]}}}
    assert "at: the box [1, 2, 3, 4] is not [x1, y1, x2, y2]" in problem(schema, '{"at": [1, 2, 3, 4]}')


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_what_is_cut_short_is_partial(reason: str) -> None:
    """It would be so again, so nothing is asked twice, and a part is not taken for the whole."""
    model = Native(Piece('{"items": [' + GOOD + ', {"what": "a', finish_reason=reason, request_id="r8"))
    error = heard(structured(model, list[Event]))[0]
    assert isinstance(error, PartialAnswerError)
    assert str(error) == "native was cut short after 72 characters: ask for less, or let it write more"
    assert error.request_id == "r8"


def test_an_answer_that_is_whole_is_not_partial() -> None:
    """Where only what follows the JSON was cut off, nothing of it is missing."""
    assert heard(structured(Native(Piece(GOOD + "\nAs you", finish_reason="length")), Event))[0].value == CAR


def test_errors_pass() -> None:
    """What the model fails with, the first or the second time, is the error."""
    busy = ModelBusyError("too many", retry_after=3.0)
    assert heard(structured(scripted(busy), Event)) == [busy]
    assert heard(structured(scripted("no", busy), Event)) == [busy]


def test_a_model_without_a_word_is_an_error() -> None:
    """It is not asked again: there is nothing to mend."""
    assert "ended without an answer" in str(heard(structured(Native(), Event))[0])


def test_hanging_up_hangs_up_on_the_model() -> None:
    """Leaving stops the ask that runs, be it the first or the second, and nothing is delivered."""
    for seconds in (0.5, 1.5):
        model = scripted("no")
        assert play(structured(model, Event).ask(CLIP, "?"), seconds=seconds) == []
        assert model.hung_up == 1


def test_a_validator_that_breaks_is_an_error_in_the_stream() -> None:
    """What a user's validator raises beyond a ValueError is neither mended nor lost."""

    class Fussy(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def known(cls, name: str) -> str:
            raise KeyError(name)

    assert isinstance(answer(Fussy, '{"name": "x"}'), KeyError)


# Nothing is guessed


def test_pydantic_converts_as_it_always_does() -> None:
    """A number in quotes is one, unless the model is strict; a JSON schema is held to the letter."""

    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)
        cars: int

    class Lax(BaseModel):
        cars: int

    said = '{"cars": "3"}'
    assert answer(Lax, said) == Lax(cars=3)
    assert "cars: Input should be a valid integer" in problem(Strict, said)
    assert "cars: '3' is not of type 'integer'" in problem({"properties": {"cars": {"type": "integer"}}}, said)


def test_a_format_of_a_json_schema_holds() -> None:
    """Dates and the like are checked."""
    schema = {"properties": {"day": {"type": "string", "format": "date"}}}
    assert answer(schema, '{"day": "2026-02-28"}') == {"day": "2026-02-28"}
    assert "day: day is out of range" in problem(schema, '{"day": "2026-02-30"}')


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' \n{"a":\n1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        '```{"a": 1}```',
        '```json\n{"a": 1}',
        'In frames [1-3] there is:\n```JSON\n{"a": 1}\n```\nas {you} see.',
        'Here you are: {"a": 1}. Anything else?',
        '<think>Perhaps {"a": 2}? No.</think>\n{"a": 1}',
        'Perhaps {"a": 2}? No.</think>{"a": 1}',
        '<thinking>{"a": 2}</thinking>{"a": 1}',
        '<|begin_of_box|>{"a": 1}<|end_of_box|>',
    ],
)
def test_json_is_found(text: str) -> None:
    """Fences, prose, thoughts and marks around the one object fall away."""
    assert json_in(text) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "3",
        "null",
        '{"a": 1',
        '{"a": [{"b": 1}, {"b": 2}',
        '[{"a": 1}, {"a": 2',
        '```json\n{"a": [{"b": 1}, {"b"',
        '{"a": 1} or {"a": 2}',
        '{"a": 1}\n{"a": 2',
        "[1]\n[2",
        '```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```',
        '<think>Perhaps {"a": 2}',
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": NaN}',
        '{"a": Infinity}',
        "} {",
    ],
)
def test_no_part_is_taken_for_the_whole(text: str) -> None:
    """What is cut short, ambiguous or malformed is nothing, however much of it could be read."""
    with pytest.raises(ValueError, match=r"^it (holds|is)"):
        json_in(text)


@pytest.mark.parametrize("text", ['{"a": 1e999}', '{"a":' * 100_000])
def test_what_cannot_be_written_again_is_no_answer(text: str) -> None:
    """A number beyond all, or nesting without end does no harm later on."""
    assert isinstance(answer({"type": "object"}, text), InvalidAnswerError)


def test_line_breaks_in_a_string_are_read() -> None:
    """Models write them, against JSON's letter; there is but one way to read them."""
    assert json_in('{"a": "1\n2"}') == {"a": "1\n2"}


# Boxes


def test_boxes_come_out_as_fractions() -> None:
    """A model of a known family is told its own convention, and what comes is normalised."""
    said = '{"what": "a car", "seconds": 1, "where": [500, 250, 1000, 750]}'
    model = scripted(said, name="gemini-2.5-flash")
    assert heard(structured(model, Event))[0].value.where == Box(0.25, 0.5, 0.75, 1.0)
    assert "Every box in it is [y1, x1, y2, x2]" in model.asked[0][1]
    assert answer(Event, said, name="qwen3-vl-plus").where == Box(0.5, 0.25, 1.0, 0.75)


def test_the_convention_is_that_of_the_model_whatever_it_is_called() -> None:
    """What a client calls its model counts, not the name that tables show, nor that of a combinator around it."""
    said = '{"what": "a car", "seconds": 1, "where": [500, 250, 1000, 750]}'
    for model in (Native(Piece(said)), retry(Native(Piece(said)))):
        assert heard(structured(model, Event))[0].value.where == Box(0.5, 0.25, 1.0, 0.75)


def test_without_boxes_nothing_is_said_of_them() -> None:
    """A schema that has none costs no words, and no clip is too large for it."""
    model = scripted('{"name": "yard"}', name="qwen-vl-max")
    large = Clip((b"x",), "image/jpeg", (0.0,), 3840, 2160, 0.0, 1.0)
    assert play(structured(model, Place).ask(large, "?"))[0][1].value == Place("yard")
    assert "box" not in model.asked[0][1]
    assert isinstance(play(structured(model, Event).ask(large, "?"))[0][1], ModelError)


def test_a_contradiction_is_mended() -> None:
    """A model that keeps to another convention than it was told is told so, and asked again."""
    wrong = '{"what": "a car", "seconds": 1, "where": [0.1, 0.2, 0.3, 0.4]}'
    right = '{"what": "a car", "seconds": 1, "where": [100, 200, 300, 400]}'
    model = scripted(wrong, right, name="qwen3-vl-plus")
    assert heard(structured(model, Event))[0].value.where == Box(0.1, 0.2, 0.3, 0.4)
    assert "where: the box [0.1, 0.2, 0.3, 0.4] is not [x1, y1, x2, y2]" in model.asked[1][1]


def test_boxes_of_a_json_schema_are_normalised() -> None:
    """Wherever the schema has one: in arrays, behind references, among alternatives; nothing else is."""
    schema = {
        "type": "object",
        "properties": {
            "one": {"$ref": "#/$defs/where"},
            "many": {"type": "array", "items": {"$ref": "#/$defs/where"}},
            "perhaps": {"anyOf": [{"$ref": "#/$defs/where"}, {"type": "null"}]},
            "plain": {"type": "array", "items": {"type": "integer"}},
        },
        "$defs": {"where": {"type": "array", "format": "box", "description": "of the car"}},
    }
    said = {"one": [0, 0, 500, 500], "many": [[0, 0, 10, 10]] * 2, "perhaps": None, "plain": [1, 2, 3, 4]}
    model = scripted(json.dumps(said))
    piece = heard(structured(model, schema, boxes="xyxy_1000"))[0]
    small = [0.0, 0.0, 0.01, 0.01]
    assert piece.value == {"one": [0.0, 0.0, 0.5, 0.5], "many": [small, small], "perhaps": None, "plain": [1, 2, 3, 4]}
    assert json.loads(piece.text) == said
    assert '"description":"a box: of the car"' in model.asked[0][1]


# Together with other combinators


def test_structured_once_is_enough() -> None:
    """A model that is structured already is refused, also within another combinator."""
    once = structured(scripted(GOOD), Event)
    with pytest.raises(ValueError, match="scripted is structured already"):
        structured(once, Event)
    with pytest.raises(ValueError, match="scripted is structured already"):
        structured(retry(once), Event)


def test_it_stands_outside_or_inside_of_retry() -> None:
    """Both ways a busy model is asked again, and a wrong answer mended."""
    for combined in (
        lambda model: structured(retry(model, seed=1), Event),  # pyright: ignore[reportUnknownLambdaType]
        lambda model: retry(structured(model, Event), seed=1),  # pyright: ignore[reportUnknownLambdaType]
    ):
        model = scripted(ModelBusyError("busy"), "no", GOOD)
        assert heard(combined(model))[0].value == CAR
        assert len(model.asked) == 3


def test_a_limit_sees_what_is_in_it() -> None:
    """A retry inside is found, as `limit` wants to know."""
    with pytest.raises(ValueError, match="there is a retry in"):
        limit(structured(retry(scripted(GOOD)), Event), max_concurrent=1)


def test_models_of_several_minds_are_asked_for_fractions() -> None:
    """Of a fallback all may answer, and the prompt is the same for all."""
    said = '{"what": "a car", "seconds": 1, "where": [0.25, 0.5, 0.75, 1.0]}'
    models: list[ScriptedVlm] = [scripted(said, name="qwen3-vl-plus"), scripted(said, name="gemini-2.5-flash")]
    piece = heard(structured(fallback(*models), Event))[0]
    assert (piece.value.where, piece.model) == (Box(0.25, 0.5, 0.75, 1.0), "qwen3-vl-plus")
    assert "in fractions from 0 to 1" in models[0].asked[0][1]
