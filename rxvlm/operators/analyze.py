"""analyze: ask a model about each clip."""

from __future__ import annotations

from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.asked import Bounds, asked, one_model
from rxvlm.operators.asking.call import TimeLimits
from rxvlm.operators.asking.prompts import Prompt
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow, check_bounds
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.vlm import Value, Vlm


@as_step
def analyze(
    model: Vlm[Value],
    prompt: Prompt,
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow | None = None,
    order: Order = "source",
    timeout: float = 60.0,
    max_age: float | None = None,
    scheduler: SchedulerBase | None = None,
    ledger: Ledger | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Clip, Analysis[Value]]:
    """Ask a model about each clip, and emit an Analysis for each clip that was asked about.

    ::

        clips     --1-----2--3--4----------|
        analyses  -----1-----------2-----4-|

    Here ``max_concurrent=1, capacity=1, overflow="drop_oldest"``: clip 3 still waited when 4 came, so it was lost, with
    ``on_drop(3, "overflow")``.

    A call that fails or takes too long becomes an Analysis with an error; the stream goes on.

    Args:
        model: The model.
        prompt: What to ask: a string, a function of the clip, or `latest`.
        max_concurrent: Calls at a time, at least 1.
        capacity: The most clips that may wait, at least 0; or a function that returns it.
        overflow: What happens to the next clip when the queue is full; see `flat_map_bounded`. None: a film waits, and
            all else drops the oldest.
        order: ``"source"`` keeps the order of the clips, ``"arrival"`` emits answers as they come.
        timeout: Seconds for a whole answer; then the call is disposed of.
        max_age: Seconds since the end of the clip's recording, after which an answer is of no use.
            A clip that is too old when its turn comes is not asked about (``"stale"``), and a
            call that still runs at this age is disposed of (``"late"``). None: no limit. Files have no age.
        scheduler: Where calls are started; None: on the thread that delivers the clip, or that has just finished
            the previous call. The model itself works on threads of its own choice.
        ledger: Counts clips as in flight, then as analysed, failed or lost. None: the ledger that the
            stream carries; for merged streams, the ledger of the clip's camera.
        on_drop: Called with each lost clip and the reason: ``"overflow"``, ``"stale"``, ``"late"``,
            ``"disposed"`` or ``"error"``.

    Returns:
        An operator; its clock is the scheduler of the subscription.

    Raises:
        TypeError: If ``model`` is not a model.
        ValueError: If a number is out of range or a rule unknown.
        ModelError: In the stream, as `Analysis.error`: the stream goes on. So do a `PromptError` and time-outs.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``.
    """
    ask = one_model(model, TimeLimits(timeout, max_age), scheduler)
    bounds: Bounds = {
        "max_concurrent": max_concurrent,
        "capacity": capacity,
        "overflow": overflow,
        "order": order,
    }
    check_bounds(**bounds)
    return asked("analyze", [prompt], ask, bounds, (ledger, on_drop))
