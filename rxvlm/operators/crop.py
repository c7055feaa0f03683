"""crop: the part of each frame that is inside a box."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from reactivex import operators as ops

from rxvlm.arguments import check_called
from rxvlm.frame import Frame
from rxvlm.media.areas import Box, box_of
from rxvlm.media.hiding import Altered, box_in_pixels, cropped
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import Operator, as_hiding_step


@as_hiding_step
def crop(box: Box) -> Operator[Frame, Frame]:
    """Keep the part of every frame that is inside a box; nothing else is encoded, kept or sent.

    >>> from rxvlm.testing import frames_at, play, video_of
    >>> (_, frame), _ = play(video_of(frames_at([0.0], size=(640, 360))).pipe(crop((250, 0, 750, 500))))
    >>> frame.shape
    (180, 320, 3)

    A frame is decoded and cropped only when its pixels are read. The part begins and ends at
    even pixels inside the box, and is at least 2 pixels wide and high. The packets of a cropped frame cannot be copied:
    `encode_copy` refuses it. `Frame.size` and `Frame.keyframe` stay those of the source.

    Args:
        box: Left, top, right and bottom, in per mille of the picture's width and height, 0 to 1000, as it is shown.

    Returns:
        An operator.

    Raises:
        TypeError: If it is not four numbers.
        ValueError: If a number is out of range, or nothing is inside the box.
    """
    check_called("crop", box)
    kept = box_of(box)
    change = partial(cropped, box=kept)

    def part(frame: Frame) -> Frame:
        height, width, _ = frame.shape
        left, top, right, bottom = box_in_pixels(kept, (width, height))
        return replace(frame, pixels=Altered(frame.pixels, change), shape=(bottom - top, right - left, 3))

    return check_items(Frame, "crop", ops.map(part))
