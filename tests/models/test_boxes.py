from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from rxvlm.clip import Clip
from rxvlm.errors import ModelError
from rxvlm.models.boxes import CONTEXT, TOLERANCE, Box, Boxes, Coordinates, convention, coordinates

CAR = Box(0.25, 0.5, 0.75, 1.0)


def clip(width: int = 640, height: int = 480) -> Clip:
    return Clip((b"x",), "image/jpeg", (0.0,), width, height, 0.0, 1.0)


WRITTEN: list[tuple[Boxes, list[float]]] = [
    ("xyxy_1000", [250, 500, 750, 1000]),
    ("yxyx_1000", [500, 250, 1000, 750]),
    ("xywh_1000", [250, 500, 500, 500]),
    ("xyxy_1", [0.25, 0.5, 0.75, 1.0]),
    ("xywh_1", [0.25, 0.5, 0.5, 0.5]),
    ("xyxy_pixels", [160, 240, 480, 480]),
    ("xywh_pixels", [160, 240, 320, 240]),
    ("xyxy_pixels28", [161, 238, 483, 476]),
]


@pytest.mark.parametrize(("boxes", "written"), WRITTEN, ids=[name for name, _ in WRITTEN])
def test_every_convention_gives_the_same_box(boxes: Boxes, written: list[float]) -> None:
    """One car, written in each way that a model may, is one box; 640x480 is 644x476 in multiples of 28."""
    assert coordinates(boxes, clip()).box(written) == CAR


def test_every_convention_is_tested() -> None:
    """The list above leaves none out."""
    assert {name for name, _ in WRITTEN} | {"auto"} == set(get_args(Boxes))


@pytest.mark.parametrize(
    ("model", "boxes"),
    [
        ("qwen3-vl-plus", "xyxy_1000"),
        ("qwen3.8-max", "xyxy_1000"),
        ("Qwen/Qwen3-VL-8B-Instruct", "xyxy_1000"),
        ("Qwen/Qwen2-VL-7B-Instruct", "xyxy_1000"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "xyxy_pixels28"),
        ("qwen2.5vl:7b", "xyxy_pixels28"),
        ("qwen-vl-max-latest", "xyxy_pixels28"),
        ("glm-4.5v", "xyxy_1000"),
        ("OpenGVLab/InternVL3-8B", "xyxy_1000"),
        ("doubao-1-5-vision-pro", "xyxy_1000"),
        ("gemini-2.5-flash", "yxyx_1000"),
        ("gpt-4o", "xyxy_1"),
        ("glm-4-plus", "xyxy_1"),
    ],
)
def test_the_name_of_a_model_tells_how_it_writes_boxes(model: str, boxes: Boxes) -> None:
    """A known family has the convention it was trained on; all others are asked for fractions."""
    assert convention("auto", [model]) == boxes


def test_models_that_differ_are_asked_for_fractions() -> None:
    """Whoever answers has read the same prompt, so that is in what none of them could be mistaken."""
    assert convention("auto", ["qwen3-vl-plus", "glm-4.5v"]) == "xyxy_1000"
    assert convention("auto", ["qwen3-vl-plus", "gemini-2.5-flash"]) == "xyxy_1"
    assert convention("auto", ["qwen3-vl-plus", "llava"]) == "xyxy_1"


def test_a_named_convention_holds_for_any_model() -> None:
    """What the caller says goes before the name; what is no convention is refused."""
    assert convention("xywh_pixels", ["qwen3-vl-plus"]) == "xywh_pixels"
    with pytest.raises(ValueError, match=r"boxes must be one of auto, xyxy_1000, .* not 'ltrb'"):
        convention("ltrb", ["qwen3-vl-plus"])  # pyright: ignore[reportArgumentType] - that is the point


@pytest.mark.parametrize(
    ("boxes", "written"),
    [
        ("xyxy_1", [0.1, 0.2, 1.5, 0.4]),
        ("xyxy_1", [100, 200, 300, 400]),
        ("xyxy_1000", [100, 200, 4000, 400]),
        ("xyxy_1000", [0.1, 0.2, 0.3, 0.4]),
        ("xyxy_1000", [0, 0, 1, 1]),
        ("xyxy_1000", [-30, 0, 500, 500]),
        ("xyxy_pixels", [0.1, 0.2, 0.3, 0.4]),
        ("xyxy_pixels", [0, 0, 700, 480]),
        ("xywh_1000", [600, 0, 500, 500]),
        ("xyxy_1", [0.0, 0.0, float("nan"), 1.0]),
        ("xyxy_1", [0.0, 0.0, float("inf"), 1.0]),
        ("xyxy_1000", [0, 0, 10**400, 1000]),
    ],
)
def test_numbers_that_contradict_the_convention_are_no_box(boxes: Boxes, written: list[float]) -> None:
    """Fractions among thousandths and the like are refused, and the message says what was asked for."""
    with pytest.raises(ValueError, match=r"the box \[.*\] is not \[x1?, y1?, .*from the top left corner"):
        coordinates(boxes, clip()).box(written)


@pytest.mark.parametrize("written", [[750, 500, 250, 1000], [250, 500, 750, 500], [0, 0, 0, 500], [1001, 0, 1010, 9]])
def test_an_empty_box_is_none(written: list[int]) -> None:
    """Edges that are swapped, or have nothing between them, are refused."""
    with pytest.raises(ValueError, match="a box has 0 <= left < right <= 1"):
        coordinates("xyxy_1000", clip()).box(written)


@pytest.mark.parametrize("written", ["[1, 2, 3, 4]", [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, "4"], [1, 2, 3, True], None])
def test_only_four_numbers_are_a_box(written: Any) -> None:
    """Nothing is read into strings, truths or arrays of another length."""
    with pytest.raises(ValueError, match="a box is an array of four numbers"):
        Coordinates().box(written)


@given(st.lists(st.floats(-TOLERANCE, 1 + TOLERANCE), min_size=4, max_size=4))
def test_a_box_is_always_within_the_picture(edges: list[float]) -> None:
    """What is read is clipped to the picture, or refused; an edge inside of it stays where it is."""
    try:
        box = Coordinates().box(edges)
    except ValueError:
        return
    assert 0 <= box.left < box.right <= 1
    assert 0 <= box.top < box.bottom <= 1
    assert all(edge in (read, 0.0, 1.0) or not 0 <= edge <= 1 for edge, read in zip(edges, box.listed(), strict=True))


def test_a_little_outside_is_clipped() -> None:
    """A box may lie outside by two hundredths of the picture, on any side."""
    assert coordinates("xyxy_1000", clip()).box([-20, -1, 1020, 999]) == Box(0.0, 0.0, 1.0, 0.999)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (320, 240)])
def test_pixels_of_a_picture_of_unknown_size_are_refused(width: int, height: int) -> None:
    """Servers make small and large pictures larger and smaller, each by its own rule: that is an error."""
    with pytest.raises(ModelError, match=f"not for {width}x{height}: encode with width=640"):
        coordinates("xyxy_pixels28", clip(width, height))


def test_the_model_is_told_the_convention() -> None:
    """The words name the order, the range and the origin, and of pixels the size of the picture."""
    told = str(coordinates("yxyx_1000", clip()))
    assert told.startswith("[y1, x1, y2, x2], its top, left, bottom and right edge, in whole numbers from 0 to 1000")
    assert "which is 640 wide and 480 high" in str(coordinates("xywh_pixels", clip()))
    assert "which is 644 wide and 476 high" in str(coordinates("xyxy_pixels28", clip()))


def test_pixels_of_a_box() -> None:
    """They are rounded, and in the order in which arrays are cut."""
    assert Box(0.1, 0.2, 0.34, 0.999).pixels(1920, 1080) == (192, 216, 653, 1079)


def test_a_box_is_a_value() -> None:
    """It equals its like, can be a key, and pickles."""
    assert {CAR: 1}[pickle.loads(pickle.dumps(CAR))] == 1


class Event(BaseModel):
    """Something."""

    where: Box | None = None


def test_pydantic_reads_a_box_in_the_coordinates_of_its_context() -> None:
    """Without any, it is in fractions, which is how it is written, too."""
    gemini = {CONTEXT: coordinates("yxyx_1000", clip())}
    event = Event.model_validate_json('{"where": [500, 250, 1000, 750]}', context=gemini)
    assert event == Event(where=CAR)
    assert json.loads(event.model_dump_json()) == {"where": [0.25, 0.5, 0.75, 1.0]}
    assert Event.model_validate_json(event.model_dump_json()) == event
    assert Event.model_validate(event.model_dump()) == event
    assert Event.model_validate(event.model_dump(), context="of another's") == event
    with pytest.raises(ValidationError, match="is not \\[x1, y1, x2, y2\\]"):
        Event.model_validate({"where": [500, 250, 1000, 750]})


def test_the_schema_of_a_box() -> None:
    """Its JSON schema is an array of the format that `structured` looks for."""
    assert TypeAdapter(Box).json_schema() == {"type": "array", "format": "box"}


def test_a_box_loads_no_pydantic() -> None:
    """Who uses none does not wait for it, nor for jsonschema."""
    code = "import sys, rxvlm.models.structured as s, rxvlm.models.boxes as b; b.Box(0, 0, 1, 1); "
    code += "print([name for name in ('pydantic', 'pydantic_core', 'jsonschema') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
