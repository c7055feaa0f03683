"""encode_mp4: H.264 clips."""

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
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.window import Window


@as_step
@suggest_options()
def encode_mp4(
    width: int | None = None,
    *,
    qp: int = mp4.QP,
    exact: bool = True,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow | None = None,
    order: Order = "source",
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Clip]:
    """Encode each window as H.264 yuv420p in MP4, in memory, with its frames' true timing.

    Browsers and model servers can play it: the index comes first (faststart), the first frame is at
    0 s, and the last one is shown until the window ends. Width and height are made even.

    It decodes from each frame's key frame on, and then takes 1 ms for each frame at 640x360. Choose it
    for models that accept video. It is fastest after ``sample_evenly(count, snap="keyframe")``.

    Args:
        width: Pixels across at most; smaller frames are not scaled up. None for the
            frames' own size. The aspect ratio is kept.
        qp: The quantiser of x264, 1 (finest) to 51; at 24, no detail is lost that a model can see, and 30 halves the
            bytes.
        exact: Whether frames are decoded bit-exact. If not, H.264 and H.265 take a fifth less time: the decoder
            skips the deblocking filter. The error grows until the next key frame, and is visible only in fine detail.
        max_concurrent: Windows encoded at a time; see `encode_with`, as for all that follows.
        capacity: The most windows that may wait.
        overflow: What happens to the next window when the queue is full.
        order: The order of the clips.
        scheduler: Where windows are encoded.
        on_drop: Called with each lost window and the reason.

    Returns:
        An operator.

    Raises:
        TypeError: If an option is unknown, or an argument is not a number where it must be one.
        ValueError: If a number is out of range.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``. A window that
            cannot be decoded or encoded is lost, as "undecodable" or "unencodable", and the stream goes on.
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
