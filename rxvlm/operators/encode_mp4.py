"""encode_mp4: windows become H.264 clips."""

from __future__ import annotations

from functools import partial

from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.media import mp4
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.encoding.checks import check_mp4
from rxvlm.operators.encoding.film import encode_film
from rxvlm.stream import OnDrop, Operator
from rxvlm.window import Window


@suggest_options()
def encode_mp4(
    width: int | None = None,
    *,
    qp: int = mp4.QP,
    exact: bool = True,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow = "drop_oldest",
    order: Order = "source",
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Clip]:
    """Encode each window as H.264 yuv420p in MP4, in memory, with its frames' true timing.

    Browsers and model servers play it: its index comes first, the first frame is at
    0 s, the last one stands until the window ends. Sides are made even.

    It costs decoding, from each frame's key frame on, and then 1 ms for each frame at 640x360. Choose it
    where a model takes video; behind ``sample_evenly(count, snap="keyframe")`` where it may not cost much.

    Args:
        width: Pixels across at most: smaller frames are not scaled up. None for the
            frames' own size. The sides' ratio is kept.
        qp: How coarsely x264 quantises, 1 (finest) to 51; 24 keeps what a model can see, at 30 it takes half the bytes.
        exact: Whether frames are decoded to the bit. If not, H.264 and H.265 cost a fifth less: the edges of their
            blocks are not smoothed, which adds up until the next key frame, and can be seen in fine detail only.
        max_concurrent: Windows encoded at a time; see `encode_with`, as for all that follows.
        capacity: Windows that wait at most.
        overflow: What happens to the next window when so many wait.
        order: The order of the clips.
        scheduler: Where windows are encoded.
        on_drop: Called with each lost window and the reason.

    Returns:
        An operator.

    Raises:
        TypeError: If an option is unknown, or an argument is not a number where it must be one.
        ValueError: If a number is out of range.
    """
    check_mp4(width, qp)
    encode = encode_with(
        partial(encode_film, width=width, qp=qp, exact=exact),
        max_concurrent=max_concurrent,
        capacity=capacity,
        overflow=overflow,
        order=order,
        scheduler=scheduler,
        on_drop=on_drop,
    )
    return check_items(Window, "encode_mp4", encode)
