from __future__ import annotations

import logging
import pickle
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from rxvlm import Analysis, Clip, condition
from rxvlm.errors import ModelTimeoutError, RxvlmError

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 10.0, 20.0, source="yard")
VALUE: dict[str, Any] = {
    "people": 2,
    "share": 0.07,
    "whole": 3.0,
    "danger": False,
    "colour": "dark red",
    "none": None,
    "nan": float("nan"),
    "huge": 2**70,
    "labels": ["car", "dog"],
    "boxes": [{"label": "car", "score": 0.9}, {"label": "dog", "score": 1}],
    "motion": {"share": 0.3, "where": {"x": 0.5}},
    "text": "the field",
    "odd-name": 1,
}


def answer(value: Any = VALUE, text: str = "No person, yes?", error: RxvlmError | None = None) -> Analysis:
    return Analysis(CLIP, "?", "m", 0.0, 1.0, text, value, error)


RIGHT: dict[str, bool | None] = {
    "people > 0": True,
    "people > 2": False,
    "people >= 2 && people <= 2": True,
    "people == 2": True,
    "people != 2": False,
    "people > 0.5": True,
    "people == 2.0": True,
    "people >= 1u": True,
    "whole == 3": True,
    "share > 0": True,
    "share < 1": True,
    "size(boxes) > 1.5": True,
    "1.5 > 1": True,
    "start > 5": True,
    "end <= 20 && start == 10.0": True,
    "-people < 0": True,
    "people % 2 == 0": True,
    "people * 3 == 6": True,
    "people / 2 == 1": True,
    "double(people) / 4.0 == 0.5": True,
    "share * people > 0.1": None,
    "danger": False,
    "!danger": True,
    "!(people > 5)": True,
    "danger || people > 0": True,
    "people > 0 && colour.contains('red')": True,
    "colour.startsWith('dark')": True,
    "colour.endsWith('blue')": False,
    'colour == "dark red"': True,
    "colour > 'a'": True,
    "size(colour) == 8": True,
    "colour.matches('^dark +[a-z]+$')": True,
    "colour + '!' == 'dark red!'": True,
    "'car' in labels": True,
    "'cat' in labels": False,
    "people in [1, 2, 3]": True,
    "'share' in motion": True,
    "motion.share > 0.05": True,
    "motion['share'] > 0.05": True,
    "motion.where.x == 0.5": True,
    "has(motion.share)": True,
    "has(motion.speed)": False,
    "has(value.people) && value.people > 1": True,
    "labels[0] == 'car'": True,
    "labels[5] == 'car'": None,
    "boxes.exists(b, b.label == 'car' && b.score > 0.5)": True,
    "boxes.all(b, b.score > 0.95)": False,
    "boxes.exists_one(b, b.score == 1)": True,
    "boxes.filter(b, b.score > 0.5).size() == 2": True,
    "boxes.map(b, b.score).exists(s, s > 0.95)": True,
    "boxes.exists(a, boxes.exists(b, a.label != b.label))": True,
    "people > 1 ? danger : true": False,
    "none == null": True,
    "none > 1": None,
    "nan > 0.5": None,
    "huge > 1": True,
    "missing > 1": None,
    "motion.missing > 1": None,
    "missing > 1 || true": True,
    "people > 5 && missing > 1": False,
    "people": None,
    "people > 'a'": None,
    "danger && people": False,
    "people && true": None,
    "people / 0 == 1": None,
    "people.share == 1": None,
    "text == 'No person, yes?'": True,
    "text.contains('yes')": True,
    "value.text == 'the field'": True,
    "value['odd-name'] == 1": True,
    "camera == 'yard'": True,
    "error == ''": True,
    "type(people) == int": True,
    "true": True,
}


@pytest.mark.parametrize(("text", "right"), RIGHT.items(), ids=RIGHT)
def test_a_condition_has_the_right_result(text: str, right: bool | None) -> None:  # noqa: FBT001 - parametrised
    """Each expression gives what CEL says; what cannot be known is None, never False."""
    assert condition(text)(answer()) is right


class Car(BaseModel):
    colour: str


@dataclass
class Scene:
    people: int
    car: Car


def test_fields_are_those_of_whatever_the_value_is() -> None:
    """A dataclass and a pydantic object have fields as a mapping has; a value without fields is reached as value."""
    scene = Scene(2, Car(colour="red"))
    assert condition("people == 2 && car.colour == 'red'")(answer(scene)) is True
    assert condition("colour == 'red'")(answer(scene.car)) is True
    assert condition("value == 3")(answer(3)) is True
    assert condition("value.exists(v, v == 3)")(answer([1, 3])) is True
    assert condition("people == 2")(answer(None)) is None
    assert condition("people == 2")(answer(MappingProxyType({"people": 2}))) is True
    assert condition("n['1'] == (2) && numbers == [1, 2]")(answer({"n": {1: np.int64(2)}, "numbers": (1, 2)})) is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("people > 0 and danger", "write && for and"),
        ("people > 0 or danger", r"write \|\| for or"),
        ("people > 0 OR danger", r"write \|\| for OR"),
        ("not danger", "write ! for not"),
        ("danger == True", "write true for True"),
        ("none == None", "write null for None"),
        ("people = 2", "write == to compare"),
        ("people > 0 & danger", "write &&"),
        ("people > 0 | danger", r"write \|\|"),
        ("'person' in text", r"write text.contains"),
        ("'red' in 'dark red'", r"write 'dark red'.contains"),
        ("people in camera", "does not look into a string"),
        ("'x' in error", "does not look into a string"),
        ("people >", "(?s)Syntax error.*people >\n +\\^"),
        ("people > > 0", "(?s)Syntax error.*people > > 0\n {13}\\^"),
        ("people > 0)", "Syntax error"),
        ("'abc", "token recognition error"),
        ("people ** 2", "Syntax error"),
        ("x = y", "write =="),
        ("", "not an empty one"),
        ("  // nothing", "not an empty one"),
        ("size(labels)", "a number: compare it"),
        ("'red'", "a string: compare it"),
        ("text", "a string: compare it"),
        ("[1, 2]", "a list: compare it"),
        ("people + 1", "a number: compare it"),
        ("text > 1", "does not take"),
        ("has(people)", "has"),
        ("foo(people)", "undeclared reference to 'foo'"),
        ("colour.upper() == 'RED'", "undeclared reference to 'upper'"),
        ("people.__class__()", "undeclared reference"),
        ("__import__('os').system('ls') == 1", "undeclared reference"),
        ("x" * 1001, "at most 1000 characters"),
        ("a.exists(x, a.exists(y, a.exists(z, z > 0)))", "inside of two others"),
        ("(a + a).exists(x, x > 0)", "in parentheses"),
        (" + ".join(["text"] * 20) + " == ''", "at most 5 additions"),
        ("text.matches(colour)", "the pattern of matches is written out"),
        ("text.matches('a{1000}')", "counted repetitions"),
        (r"text.matches('\\pL+')", "Unicode classes"),
        ("text.matches('" + "a" * 200 + "')", "at most 100 characters"),
        ("a.exists(x, " + " || ".join(["x > 0"] * 60) + ")", "at most 150 words"),
        ("(" * 200 + "1" + ")" * 200 + " == 1", "limit"),
        ("a\ud800 == 1", "."),
        ("a\x00b == 1", "."),
    ],
    ids=lambda text: str(text)[:40],
)
def test_whatever_is_wrong_with_a_text_is_a_value_error(text: str, said: str) -> None:
    """A text that is no condition is refused when it is compiled, with the place or the right spelling."""
    with pytest.raises(ValueError, match=said):
        condition(text)


def test_an_error_points_into_the_right_line() -> None:
    """Of a text with several lines, the line with the mistake is shown."""
    with pytest.raises(ValueError, match=r"(?s)\n    && danger and true\n {14}\^"):
        condition("people > 0\n&& danger and true")


def test_no_text_is_a_type_error() -> None:
    """A condition is made of a text."""
    with pytest.raises(TypeError, match="a condition is a text, not 3"):
        condition(3)  # pyright: ignore[reportArgumentType] - that is the mistake


def test_looking_into_a_string_field_is_an_error_at_once() -> None:
    """A field turns out to be a string at the first answer: the error names the right spelling."""
    with pytest.raises(ValueError, match=r"write colour.contains"):
        condition("'red' in colour")(answer())
    with pytest.raises(ValueError, match=r"write value.text.contains"):
        condition("'red' in value.text")(answer())


SCHEMA = {
    "type": "object",
    "properties": {"people": {"type": "integer"}, "danger": {"type": "boolean"}, "colour": {"type": "string"}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour", "a string: compare it"),
        ("'red' in colour", "does not look into a string"),
        ("peple > 0", "no field 'peple': the fields are people, danger, colour"),
        ("danger > 1", "does not take bool, int"),
    ],
)
def test_a_schema_makes_mistakes_errors_at_once(text: str, said: str) -> None:
    """With known types, wrong names and types are found when the text is compiled."""
    with pytest.raises(ValueError, match=said):
        condition(text, schema=SCHEMA)


def test_a_schema_leaves_what_is_right() -> None:
    """Numbers of any kind compare, and macros have variables of their own."""
    assert condition("people > 0.5 && [1, 2].exists(number, number == people)", schema=SCHEMA)(answer()) is True


def test_a_failed_call_is_unknown_unless_the_text_names_error() -> None:
    """Whatever a condition says, a failed call is no answer; a text about errors sees them."""
    failed = answer(error=ModelTimeoutError("no answer within 60 s"))
    assert condition("true")(failed) is None
    assert condition("error.contains('60 s')")(failed) is True
    assert condition("error == 'ModelTimeoutError: no answer within 60 s'")(failed) is True
    assert condition("error != ''")(answer()) is False
    assert condition("value.error == 1")(failed) is None


def test_what_stays_unknown_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """After 10 unknown answers in a row the log says why, once; a known one begins the count anew."""
    unknown = condition("peple > 0")
    mixed = condition("people > 0")
    with caplog.at_level(logging.WARNING, "rxvlm"):
        for _ in range(9):
            unknown(answer())
            mixed(answer({}))
        mixed(answer())
        mixed(answer({}))
        assert not caplog.records
        for _ in range(20):
            unknown(answer())
    assert [record.getMessage() for record in caplog.records] == [
        "'peple > 0' was unknown for 10 answers in a row: there is no field 'peple'"
    ]


def test_too_much_data_is_unknown() -> None:
    """Macros look at a bounded number of items; more is unknown, with the reason."""
    assert condition("n.exists(x, x == 999)")(answer({"n": list(range(1000))})) is True
    assert condition("n.exists(x, x == 999)")(answer({"n": list(range(1001))})) is None
    boxes = [{"label": "car", "score": 0.5}] * 999 + [{"label": "dog", "score": 0.5}]
    assert condition("boxes.exists(b, b.label == 'dog' && b.score > 0.1)")(answer({"boxes": boxes})) is True
    assert condition("n.filter(x, x > 0).size() > 1")(answer({"n": list(range(200))})) is True
    assert condition("n.filter(x, x > 0).size() > 1")(answer({"n": list(range(201))})) is None
    assert condition("n.exists(x, n.exists(y, x + y == 1998))")(answer({"n": list(range(1000))})) is None
    assert condition("n.exists(x, n.exists(y, x + y == 60))")(answer({"n": list(range(31))})) is True
    assert condition("n.exists(x, n.exists(y, x == y))")(answer({"n": list(range(32))})) is None
    assert condition("text.contains('x')")(answer(text="a" * 30_000)) is None


@pytest.mark.parametrize("text", ["a\ud800", "\x00", "é" * 100, "\U0001f600"])
def test_any_answer_can_be_looked_at(text: str) -> None:
    """Letters that cannot be encoded do no harm."""
    assert condition("text.contains('z') || label == 'z'")(answer({"label": text}, text)) is False


def test_a_value_that_refers_to_itself_is_unknown() -> None:
    """What cannot become JSON is unknown, and so is what would take long to read."""
    value: dict[str, Any] = {}
    value["itself"] = value
    assert condition("itself == 1")(answer(value)) is None
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert condition("deep == []")(answer({"deep": deep})) is None
    assert condition("many == []")(answer({"many": [[0] * 100] * 100})) is None


def test_a_condition_can_be_sent() -> None:
    """A pickled condition is compiled again."""
    again = pickle.loads(pickle.dumps(condition("people > 0", schema=SCHEMA)))
    assert again(answer()) is True
    assert repr(again) == "condition('people > 0')"


WORDS = [
    *("people", "colour", "labels", "boxes", "motion.share", "text", "error", "value", "missing", "1", "0.5", "2u"),
    *("'red'", "true", "null", "[1, 2]", "{'a': 1}", "&&", "||", "!", "==", ">", "<=", "in", "+", "-", "*", "/", "%"),
    *("(", ")", "[", "]", ".", ",", "?", ":", "size(", "has(", ".exists(x, x", ".map(x, x", ".filter(x, x", "x"),
    *(
        ".contains('a')",
        ".matches('a+')",
        "and",
        "string(",
        "int(",
        "type(",
        "dyn(",
        "timestamp('2020')",
        " ",
        "\n",
        "'",
    ),
    *("\\", "é", "\x00", "{", "}", "r'", "b'", "//", "=", "`", "0x", "1e", "google.protobuf", "_", "$"),
]
LARGE: dict[str, Any] = {
    "people": 2,
    "colour": "red " * 2000,
    "labels": ["car"] * 200,
    "boxes": [{"label": "car", "score": 0.5}] * 200,
    "motion": {"share": 0.3},
}


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=40), st.booleans())
def test_nothing_but_our_errors(text: str, large: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """Whatever the text: it is refused with a ValueError, or gives a bool or None."""
    try:
        compiled = condition(text)
        held = compiled(answer(LARGE if large else VALUE))
    except ValueError:
        return
    assert held in {True, False, None}


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("labels.exists(b, b == 'x')", 1000),
        ("labels.exists(b, " + " || ".join(["b == 'x'"] * 30) + ")", 396),
        ("labels.filter(b, b == 'x').size() > 0", 200),
        ("labels.filter(b, b != 'x').filter(b, b != 'y').map(b, b + 'z').size() == 0", 115),
        ("labels.exists(a, labels.exists(b, a == 'x'))", 31),
        ("labels.exists(a, a.matches('(a+)+b'))", 200),
        ("labels.exists(a, a.matches('(a+)+b') || a.matches('b+'))", 100),
        ("labels == ['x']", 1000),
    ],
)
def test_the_steps_of_an_expression_are_bounded(text: str, most: int) -> None:
    """The more a text does with each item, the fewer it looks at; how long that takes is a row of the benchmark."""
    compiled = condition(text)
    assert compiled(answer({"labels": ["a" * 10] * most})) is not None
    assert compiled(answer({"labels": ["a" * 10] * (most + 1)})) is None
