"""ask_all: ask a model several questions about each clip."""

from __future__ import annotations

from collections.abc import Sequence

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
def ask_all(
    model: Vlm[Value],
    prompts: Sequence[Prompt],
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
    """Ask a model several questions about each clip, and emit an Analysis for each clip and question.

    ::

        clips     --1-----------2-----------|
        analyses  ----1a---1b-----2a---2b---|

    Here are two questions, a and b, and ``max_concurrent=1``.

    Each clip is encoded once. Its questions are asked one after the other, so that there are
    never more than ``max_concurrent`` calls. The ledger counts a clip once: as analysed if any
    question was answered, as failed if none was.

    Args:
        model: The model.
        prompts: What to ask: each a string, a function of the clip, or `latest`; at least one.
        max_concurrent: Calls at a time, at least 1.
        capacity: The most clips that may wait; see `analyze`, as for all that follows.
        overflow: What happens to the next clip when the queue is full.
        order: The order of the clips; the questions about a clip keep theirs.
        timeout: Seconds for the answer to one question.
        max_age: Seconds since the end of the clip's recording, after which an answer is of no use.
        scheduler: Where calls are started.
        ledger: Counts each clip once.
        on_drop: Called with each clip that is lost, before or between its questions, and the reason.

    Returns:
        An operator; ``analysis.prompt`` is the question that was answered.

    Raises:
        TypeError: If ``model`` is not a model.
        ValueError: If there is no question, a number is out of range or a rule unknown.
        ModelError: In the stream, as `Analysis.error`: the stream goes on. So do a `PromptError` and time-outs.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``.
    """
    ask = one_model(model, TimeLimits(timeout, max_age), scheduler)
    if not prompts or isinstance(prompts, str):
        raise ValueError("ask_all takes a list of at least one question")
    bounds: Bounds = {
        "max_concurrent": max_concurrent,
        "capacity": capacity,
        "overflow": overflow,
        "order": order,
    }
    check_bounds(**bounds)
    return asked("ask_all", prompts, ask, bounds, (ledger, on_drop))
