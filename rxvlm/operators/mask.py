"""mask: frames in which some parts are black, for all later steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from reactivex import operators as ops

from rxvlm.arguments import check_called
from rxvlm.frame import Frame
from rxvlm.media.areas import Polygon, polygons_of
from rxvlm.media.hiding import Altered, Polygons, blackened
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import Operator, as_hiding_step


def masked(frame: Frame, polygons: Polygons) -> Frame:
    """Return a copy of a frame in which polygons are black; nothing is decoded yet.

    Args:
        frame: The frame.
        polygons: In per mille of the picture, 0 to 1000.
    """
    return replace(frame, pixels=Altered(frame.pixels, partial(blackened, polygons=polygons)))


@as_hiding_step
def mask(polygons: Sequence[Polygon]) -> Operator[Frame, Frame]:
    """Make polygons black in every frame, before anything is encoded, kept or sent.

    >>> from rxvlm import collect, video
    >>> left_half = [(0, 0), (500, 0), (500, 1000), (0, 1000)]
    >>> (frame,) = collect(video("demo:yard?fps=1&seconds=1").pipe(mask([left_half])))
    >>> frame.shape, int(frame.image[:, :320].max()), int(frame.image[:, 330:].max()) > 100
    ((360, 640, 3), 0, True)

    A frame is decoded, and its polygons are made black, only when its pixels are read. Every pixel that a polygon
    touches is black; an outline that crosses itself hides everything that it encloses. The packets of a masked frame
    cannot be copied: `encode_copy` refuses it. `Frame.size` and `Frame.keyframe` stay those of the source.

    Args:
        polygons: Lists of at least three points (x, y), in per mille of the picture's width and height, 0 to
            1000, from the left and upper edge of the picture as it is shown.

    Returns:
        An operator.

    Raises:
        TypeError: If it is not a list of polygons.
        ValueError: If a polygon has fewer than three points, or a number is out of range.
    """
    check_called("mask", polygons)
    hidden = polygons_of(polygons)
    return check_items(Frame, "mask", ops.map(lambda frame: masked(frame, hidden)))
