"""Box: where something is in the picture; and the conventions in which models write boxes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

from rxvlm.clip import Clip
from rxvlm.errors import ModelError

if TYPE_CHECKING:
    from pydantic_core import CoreSchema, core_schema

Boxes: TypeAlias = Literal[
    "auto",
    "xyxy_1000",
    "yxyx_1000",
    "xywh_1000",
    "xyxy_1",
    "xywh_1",
    "xyxy_pixels",
    "xywh_pixels",
    "xyxy_pixels28",
]
"""How a model writes a box: the order of the four numbers, and the number that stands for the full width and height:
1000, 1, the clip's size in pixels, or its size in pixels as Qwen2.5-VL resizes it."""

TOLERANCE = 0.02  # of the width or height: a box may lie this far outside of the picture, and is clipped
CONTEXT = "rxvlm_boxes"  # key of the coordinates in pydantic's validation context

_BY_MODEL: Final[list[tuple[str, Boxes]]] = [
    (r"qwen[3-9]", "xyxy_1000"),
    (r"qwen2\.5-?(?:vl|omni)|qwen-vl-(?:max|plus)|qvq", "xyxy_pixels28"),
    (r"qwen2-?vl", "xyxy_1000"),
    (r"glm-?\d[\d.]*v|internvl|doubao", "xyxy_1000"),
    (r"gemini", "yxyx_1000"),
]
_UNKNOWN: Final[Boxes] = "xyxy_1"  # a model that writes another convention is detected, since its numbers are above 1
_PATCH = 28
_NOT_RESIZED = (
    128 * _PATCH**2,
    768 * _PATCH**2,
)  # pixels, least and most: no server resizes a picture between these sizes


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is in the picture, in fractions of its width and height from the top left corner.

    A pydantic model may have fields of this type: `structured` fills them, and converts the coordinates of
    the model. In JSON, and in ``model_dump()``, a box is ``[left, top, right, bottom]``.

    Attributes:
        left: Left edge, as a fraction of the width, 0 to 1.
        top: Top edge, as a fraction of the height, 0 to 1.
        right: Right edge, above ``left``, at most 1.
        bottom: Bottom edge, above ``top``, at most 1.

    Raises:
        ValueError: If the box is empty, or not within the picture.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(
                f"a box has 0 <= left < right <= 1 and 0 <= top < bottom <= 1, not left {self.left:g}, "
                f"right {self.right:g}, top {self.top:g}, bottom {self.bottom:g}"
            )

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom) in pixels, so that ``image[top:bottom, left:right]`` is the box.

        >>> Box(0.25, 0.5, 0.75, 1.0).pixels(640, 480)
        (160, 240, 480, 480)

        Args:
            width: Width of the picture in pixels.
            height: Height of the picture in pixels.
        """
        return (
            round(self.left * width),
            round(self.top * height),
            round(self.right * width),
            round(self.bottom * height),
        )

    def listed(self) -> list[float]:
        """Return ``[left, top, right, bottom]``, each 0 to 1."""
        return [self.left, self.top, self.right, self.bottom]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> CoreSchema:
        from pydantic_core import core_schema  # pydantic is loaded only where it is used

        listed = core_schema.plain_serializer_function_ser_schema(cls.listed)
        return core_schema.with_info_plain_validator_function(_validated, serialization=listed)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, Any]:
        return {"type": "array", "format": "box"}


@dataclass(frozen=True, slots=True)
class Coordinates:
    """How boxes in one clip are written.

    Attributes:
        order: Order of the four numbers: ``"xyxy"``, ``"yxyx"`` or ``"xywh"``.
        width: The number that stands for the full width.
        height: The number that stands for the full height.
        words: Description of the unit, for the prompt.
    """

    order: str = "xyxy"
    width: float = 1
    height: float = 1
    words: str = "in fractions from 0 to 1 of the picture's width and height"

    def __str__(self) -> str:
        numbers = {
            "xyxy": "[x1, y1, x2, y2], its left, top, right and bottom edge",
            "yxyx": "[y1, x1, y2, x2], its top, left, bottom and right edge",
            "xywh": "[x, y, w, h], its left and top edge, width and height",
        }
        return f"{numbers[self.order]}, {self.words}, from the top left corner"

    def box(self, written: object) -> Box:
        """Read a box; if it lies outside of the picture by at most `TOLERANCE`, clip it.

        >>> Coordinates("yxyx", 1000, 1000).box([500, 250, 1004, 750])
        Box(left=0.25, top=0.5, right=0.75, bottom=1.0)

        Raises:
            ValueError: If the box is not written in these coordinates.
        """
        one, two, three, four = numbers = _numbers(written)
        left, top, right, bottom = {
            "xyxy": (one, two, three, four),
            "yxyx": (two, one, four, three),
            "xywh": (one, two, one + three, two + four),
        }[self.order]
        edges = [(left, self.width), (top, self.height), (right, self.width), (bottom, self.height)]
        fractions = self.width > 1 and max(numbers) <= 1
        if fractions or not all(-TOLERANCE * whole <= edge <= (1 + TOLERANCE) * whole for edge, whole in edges):
            raise ValueError(f"the box {list(numbers)} is not {self}")
        return Box(*(min(1.0, max(0.0, edge / whole)) for edge, whole in edges))


def convention(boxes: Boxes, models: Iterable[str]) -> Boxes:
    """Return the convention in which models should write boxes: fractions if one is unknown, or if they differ.

    >>> convention("auto", ["qwen3-vl-plus", "Qwen3.5-VL"]), convention("auto", ["qwen3-vl-plus", "llava"])
    ('xyxy_1000', 'xyxy_1')

    Args:
        boxes: The convention, or ``"auto"``.
        models: Names of all models that may be asked.

    Raises:
        ValueError: If ``boxes`` is not a known convention.
    """
    names: tuple[Boxes, ...] = get_args(Boxes)
    if boxes not in names:
        raise ValueError(f"boxes must be one of {', '.join(names)}, not {boxes!r}")
    if boxes != "auto":
        return boxes
    usual: set[Boxes] = {_usual(model) for model in models}
    return usual.pop() if len(usual) == 1 else _UNKNOWN


def coordinates(boxes: Boxes, clip: Clip) -> Coordinates:
    """Return the coordinates of boxes in a clip.

    Args:
        boxes: The convention, not ``"auto"``.
        clip: The clip that the model is asked about.

    Raises:
        ModelError: If the coordinates are not known for a clip of this size.
    """
    order, _, unit = boxes.partition("_")
    if unit == "1":
        return Coordinates(order)
    if unit == "1000":
        words = "in whole numbers from 0 to 1000 of the picture's width and height"
        return Coordinates(order, 1000, 1000, words)
    width, height = (clip.width, clip.height) if unit == "pixels" else _resized(clip)
    return Coordinates(order, width, height, f"in pixels of the picture, which is {width} wide and {height} high")


def _usual(model: str) -> Boxes:
    for pattern, boxes in _BY_MODEL:
        if re.search(pattern, model, re.IGNORECASE):
            return boxes
    return _UNKNOWN


def _resized(clip: Clip) -> tuple[int, int]:
    """Return (width, height) of a clip as Qwen2.5-VL resizes it: multiples of 28, if it is not too large or small."""
    width, height = (round(pixels / _PATCH) * _PATCH for pixels in (clip.width, clip.height))
    least, most = _NOT_RESIZED
    if not least <= width * height <= most:
        raise ModelError(
            f"boxes would be in pixels of a picture whose size is known for clips of {least} to {most} pixels only, "
            f"not for {clip.width}x{clip.height}: encode with width=640, or say how boxes are written"
        )
    return width, height


def _validated(value: object, info: core_schema.ValidationInfo[Any]) -> Box:
    """Read a box for pydantic, in the coordinates of the validation context, or else in fractions."""
    if isinstance(value, Box):
        return value
    context = cast("object", info.context)
    written = cast("Mapping[str, object]", context).get(CONTEXT) if isinstance(context, Mapping) else None
    return (written if isinstance(written, Coordinates) else Coordinates()).box(value)


def _numbers(written: object) -> tuple[float, float, float, float]:
    if isinstance(written, list | tuple):
        items = cast("Sequence[object]", written)
        numbers = [item for item in items if isinstance(item, int | float) and not isinstance(item, bool)]
        if len(numbers) == len(items) == 4:  # noqa: PLR2004 - a box has four edges
            return numbers[0], numbers[1], numbers[2], numbers[3]
    raise ValueError("a box is an array of four numbers")
