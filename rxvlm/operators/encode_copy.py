"""encode_copy: windows become clips of the very packets that the camera sent."""

from __future__ import annotations

from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.encoding.copy import copy_packets
from rxvlm.stream import OnDrop, Operator
from rxvlm.window import Window


@suggest_options()
def encode_copy(
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow = "drop_oldest",
    order: Order = "source",
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Clip]:
    """Put each window's packets into an MP4 as they are: nothing is decoded, nothing lost.

    It costs some 10 ms for ten seconds at 1080p, a hundredth of decoding them, and gives what the
    camera sent: all of its frames, at its size and bit rate. Choose it where the model (or whoever
    keeps the clips) takes so many bytes and chooses frames by itself.

    A clip begins with a key frame, so with what was sent before its window since the last one;
    `Clip.times` says so, and has every frame of the clip. Where the camera sends pictures before
    those that they are made of, some after the window's end are in it, too. Frames that the source had
    to decode, for want of a key frame, are not in it, and logged.

    Args:
        max_concurrent: Windows encoded at a time; see `encode_with`, as for all that follows.
        capacity: Windows that wait at most.
        overflow: What happens to the next window when so many wait.
        order: The order of the clips.
        scheduler: Where windows are encoded.
        on_drop: Called with each lost window and the reason.

    Returns:
        An operator. Windows that were sampled, that are not H.264 (8 bits, 4:2:0) of a file or a camera, or were
        turned or resized, are a ValueError that ends the stream: `encode_mp4` takes them all.

    Raises:
        TypeError: If an option is unknown, or an argument is not a number where it must be one.
        ValueError: If a number is out of range.
    """
    encode = encode_with(
        copy_packets,
        max_concurrent=max_concurrent,
        capacity=capacity,
        overflow=overflow,
        order=order,
        scheduler=scheduler,
        on_drop=on_drop,
    )
    return check_items(Window, "encode_copy", encode)
