"""encode_copy: clips of the packets as the camera sent them."""

from __future__ import annotations

from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.encoding.copy import copy_packets
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.window import Window


@as_step
@suggest_options()
def encode_copy(
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow | None = None,
    order: Order = "source",
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Clip]:
    """Remux each window's packets into an MP4: nothing is decoded, and no quality is lost.

    It takes about 10 ms for ten seconds at 1080p, a hundredth of decoding them. The clip has all frames
    that the camera sent, at its size and bit rate. Choose it for a model, or an archive, that accepts that many
    bytes and selects frames itself.

    A clip begins with a key frame. So it also contains the frames before its window, back to the last key
    frame; `Clip.times` has the time of every frame. If the camera uses B-frames, the clip may also contain a few
    frames after the end of the window. Frames that the source had to decode because it had no key frame for
    them are left out, and logged.

    Args:
        max_concurrent: Windows encoded at a time; see `encode_with`, as for all that follows.
        capacity: The most windows that may wait.
        overflow: What happens to the next window when the queue is full.
        order: The order of the clips.
        scheduler: Where windows are encoded.
        on_drop: Called with each lost window and the reason.

    Returns:
        An operator. If a window was sampled, rotated or resized, or is not H.264 (8 bits, 4:2:0) from a file or
        a camera, the stream ends with a ValueError; `encode_mp4` accepts all of these windows.

    Raises:
        TypeError: If an option is unknown, or an argument is not a number where it must be one.
        ValueError: If a number is out of range.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``. A window that
            cannot be decoded or encoded is lost, as "undecodable" or "unencodable", and the stream goes on.
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
