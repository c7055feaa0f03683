"""ask_models: ask several models about the same clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Answers
from rxvlm.arguments import describe
from rxvlm.clip import Clip
from rxvlm.display.traces import UserErrors
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.asked import Asking, Bounds, asked
from rxvlm.operators.asking.call import TimeLimits
from rxvlm.operators.asking.prompts import Prompt
from rxvlm.operators.asking.together import TogetherCalls
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow, check_bounds
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.vlm import Value, Vlm, check_model


@as_step
def ask_models(
    models: Mapping[str, Vlm[Value]],
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
) -> Operator[Clip, Answers[Value]]:
    """Ask several models the same question about each clip, and emit one Answers for each clip that was asked about.

    ::

        clips    --1-----2--3--4-----------|
        model a  ---a-----a--------a-------|
        model b  -----b-----------b-----b--|
        answers  -----1-----------2-----4--|

    Here ``max_concurrent=1, capacity=1, overflow="drop_oldest"``. Model a is quicker, and is asked about the next clip
    together with model b. Clip 3 still waited when 4 came, so it was lost, with ``on_drop(3, "overflow")``.

    All answers of an Answers are about the same clip. (Two `analyze` steps, joined by RxPY's ``zip``, pair the
    answers to different clips as soon as one of the two loses a clip.) If a model fails or is late, its
    Analysis has an error; the answers of the other models are not affected.

    Args:
        models: The models by name, at least one; each answer has the name of its model.
        prompt: What to ask: a string, a function of the clip, which is called once for each clip, or `latest`.
        max_concurrent: Clips asked about at a time, at least 1; also the largest number of calls of each model.
        capacity: The most clips that may wait, at least 0; or a function that returns it.
        overflow: What happens to the next clip when the queue is full; see `flat_map_bounded`.
        order: ``"source"`` keeps the order of the clips, ``"arrival"`` emits answers as they come.
        timeout: Seconds for the whole answer of each model; then its call is disposed of.
        max_age: Seconds since the end of the clip's recording, after which an answer is of no use. A clip that
            is too old when its turn comes is not asked about (``"stale"``). Calls that still run at this age are
            disposed
            of: their answers are errors if another model has answered; otherwise the clip is lost (``"late"``).
        scheduler: Where calls are started; see `analyze`.
        ledger: Counts each clip once: as analysed if any model answered, as failed if none did. None: the ledger that
            the stream carries.
        on_drop: Called with each lost clip and the reason, as by `analyze`.

    Returns:
        An operator; ``answers.answers["a"]`` is the Analysis of the model with the name ``"a"``.

    Raises:
        TypeError: If the models are not a mapping by name, or one is not a model.
        ValueError: If there is no model, a number is out of range or a rule unknown.
        ModelError: In the stream, as `Analysis.error` of one model: the stream goes on. So does a `PromptError`.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``.
    """
    by_name = _checked(models)
    limits, log = TimeLimits(timeout, max_age), UserErrors()

    def ask(one: Asking) -> Observable[Answers[Value]]:
        calls = TogetherCalls(by_name, one.clip, one.came, one.clock, limits, one.ledger, one.lost, log, scheduler)
        (prompt,) = one.prompts
        return calls.ask(prompt)

    bounds: Bounds = {
        "max_concurrent": max_concurrent,
        "capacity": capacity,
        "overflow": overflow,
        "order": order,
    }
    check_bounds(**bounds)
    return asked("ask_models", [prompt], ask, bounds, (ledger, on_drop))


def _checked(models: object) -> dict[str, Vlm]:
    """Return the models by name, as they are now.

    Raises:
        TypeError: If they are not given by name, or one is not a model.
        ValueError: If there is none.
    """
    if not isinstance(models, Mapping):
        raise TypeError(f'models are given by name, as in {{"a": model, "b": other}}, not as {describe(models)}')
    by_name = dict(cast("Mapping[object, object]", models))
    if not by_name:
        raise ValueError("models is empty: at least one must be asked")
    for name, model in by_name.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a model must be a text, not {describe(name)}")
        check_model(model)
    return cast("dict[str, Vlm]", by_name)
