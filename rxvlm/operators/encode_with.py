"""encode_with: windows become clips by any encoder, on a thread pool."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias, TypedDict, cast

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.clip import Clip
from rxvlm.concurrency.workers import Workers
from rxvlm.errors import DecodeError, RxvlmError
from rxvlm.operators.bounding.losses import log_first_loss
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow, check_bounds
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses, step_of
from rxvlm.window import Window

_log = logging.getLogger("rxvlm")

Encoder: TypeAlias = Callable[[Window], Clip]
"""Makes a clip of a window; the errors `DecodeError` and `EncodeError` lose that window only."""


class Encoding(TypedDict, total=False):
    """The options of every encoding step, for callers that pass them on; see `encode_with`."""

    max_concurrent: int
    capacity: Capacity
    overflow: Overflow | None
    order: Order
    scheduler: SchedulerBase | None
    on_drop: OnDrop | None


@as_step
def encode_with(
    encoder: Encoder,
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow | None = None,
    order: Order = "source",
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Clip]:
    """Encode each window, off the thread that delivers it.

    ::

        windows  --1-----2--3--4-----------|
        clips    -----1-----------2-----4--|

    Here ``max_concurrent=1, capacity=1, overflow="drop_oldest"``: window 3 still waited when 4 came, so it was lost,
    with ``on_drop(3, "overflow")``.

    A window that cannot be decoded or encoded is lost, and logged; the stream goes on.

    Args:
        encoder: Makes the clip of a window.
        max_concurrent: Windows encoded at a time, at least 1.
        capacity: The most windows that may wait, at least 0; or a function that returns it.
        overflow: What happens to the next window when the queue is full; see `flat_map_bounded`. None: a film waits,
            and all else drops the oldest.
        order: ``"source"`` keeps the order of the windows, ``"arrival"`` emits each clip when it is ready.
        scheduler: Where windows are encoded; None for at most ``max_concurrent`` daemon threads.
        on_drop: Called with each lost window and the reason: ``"overflow"``, ``"undecodable"``,
            ``"unencodable"``, ``"disposed"`` or ``"error"``. None: the ledger that the stream carries counts it.

    Returns:
        An operator.

    Raises:
        ValueError: If a bound is out of range or a rule unknown.
        Exception: In the stream, which it ends, if the encoder raises anything but an error of rxvlm. After a
            `DecodeError` or an `EncodeError` only that window is lost, as "undecodable" or "unencodable".
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``.
    """
    check_bounds(max_concurrent=max_concurrent, capacity=capacity, overflow=overflow, order=order)

    def made(window: Window, lost: OnDrop) -> Clip | None:
        try:
            return encoder(window)
        except RxvlmError as error:
            _log.warning("%r is lost: %s", window, error)
            lost(window, "undecodable" if isinstance(error, DecodeError) else "unencodable")
            return None

    def on_pool(pool: SchedulerBase, lost: OnDrop) -> Operator[Window, Clip | None]:
        return flat_map_bounded(
            lambda window: reactivex.from_callable(lambda: made(window, lost), pool),
            max_concurrent=max_concurrent,
            capacity=capacity,
            overflow=overflow,
            order=order,
            on_drop=on_drop,
        )

    def operator(source: Observable[Window]) -> Observable[Clip]:
        lost = losses(source, on_drop, log_first_loss(step_of(source, "encode_with"), overflow))

        def encoded(_clock: SchedulerBase | None) -> Observable[Clip | None]:
            if scheduler is not None:
                return source.pipe(on_pool(scheduler, lost))
            own = Workers("rxvlm-encode")
            return source.pipe(on_pool(own, lost), ops.finally_action(own.close))

        return cast("Observable[Clip]", reactivex.defer(encoded).pipe(ops.filter(lambda clip: clip is not None)))

    return check_items(Window, "encode_with", operator)
