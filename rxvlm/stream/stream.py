"""Stream: an Observable that knows where its items come from and what is done to them; and the types of its steps."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing
from typing import Any, NoReturn, TypeAlias, TypeVar, cast

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase, Subscription
from reactivex.internal.exceptions import SequenceContainsNoElementsError

from rxvlm.concurrency.async_items import async_items
from rxvlm.display import labels, markup
from rxvlm.display.traces import UserErrors, note_step
from rxvlm.errors import RxvlmError
from rxvlm.errors.short_traceback import shown_short
from rxvlm.ledger import Ledger
from rxvlm.ledger.reasons import LossReason
from rxvlm.stream.merging import origin_behind, origin_of, with_origin_of_parts
from rxvlm.stream.noting import Noting
from rxvlm.stream.origin import Origin, Step
from rxvlm.stream.piping import Operator, Piping

__all__ = ["LossReason", "OnDrop", "Operator", "Stream", "ignore"]

_In = TypeVar("_In")
_T_co = TypeVar("_T_co", covariant=True)
_SHARING = ("share", "publish", "replay", "multicast", "ref_count")  # operators of RxPY that share one subscription
_HOW_TO_LOOK = "not connected to yet: rxvlm.collect(frames, 1) shows a picture, `rxvlm probe ADDRESS` what it sends"
_HIDDEN = "parts of its pictures are hidden: rxvlm.collect(frames, 1) shows one"
HOW_TO_RUN = (
    "nothing runs until it is subscribed to, as by rxvlm.collect(stream), rxvlm.answers(stream) or rxvlm.show(stream)"
)

OnDrop: TypeAlias = Callable[[Any, LossReason], None]
"""Called with each item that a step loses or leaves out, and the reason."""


def ignore(_item: object, _reason: LossReason) -> None:
    """Do nothing about a lost item: the default of ``on_drop``."""


class Stream(Piping[_T_co]):
    """An Observable with a name, a ledger and a list of its steps; `pipe` keeps them, also through operators of RxPY.

    Nothing runs until you subscribe: with `rxvlm.collect`, `rxvlm.answers`, `rxvlm.show`, ``async for``,
    ``await`` (which returns the last item), or its own ``subscribe``.

    Args:
        subscribe: As of an Observable.
        origin: Where its items come from.
        steps: What was done to them, in order.
        doing: The label of the step that it is a part of, so that its operators are not listed as steps; "": of none.
    """

    def __init__(
        self,
        subscribe: Subscription[_T_co],
        origin: Origin | None = None,
        steps: Sequence[Step] = (),
        *,
        doing: str = "",
    ) -> None:
        super().__init__(subscribe)
        self.origin = origin or Origin()
        self._steps = tuple(steps)
        self.doing = doing
        self._errors = UserErrors()

    @staticmethod
    def of(source: Observable[_In], origin: Origin | None = None) -> Stream[_In]:
        """Return any Observable as a Stream; a Stream without a new origin is returned unchanged.

        If RxPY merged several streams, the result has the ledgers of all of them.
        """
        if isinstance(source, Stream) and origin is None:
            return source
        known = origin_of(source) if origin is None else origin
        return Stream(lambda observer, scheduler=None: source.subscribe(observer, scheduler=scheduler), known)

    @property
    def name(self) -> str:
        """The name of its camera or film; "" if it has no ledger."""
        return "" if self.ledger is None else self.ledger.name

    @property
    def live(self) -> bool | None:
        """Whether its source is live, so that no step may block it; None if that is unknown."""
        return self.origin.live

    @property
    def ledger(self) -> Ledger | None:
        """Where its frames are counted; None if there is no such ledger, or more than one."""
        ledgers = list(self.origin.ledgers.values())
        return ledgers[0] if len(ledgers) == 1 else None

    @property
    def steps(self) -> tuple[str, ...]:
        """Its steps in order, each with its arguments."""
        return tuple(step.label for step in self._steps)

    @property
    def look(self) -> Callable[[], str] | None:
        """Shows the first picture of its source; None if that would need a connection, or if a step hides parts."""
        return None if any(step.hides for step in self._steps) else self.origin.look

    def then(self, operator: Callable[[Any], Any], label: str = "", *, hides: bool = False) -> Any:  # noqa: ANN401 - it may make anything
        """Apply an operator as one step. If the result is not a stream, return it unchanged.

        Args:
            operator: Takes a stream.
            label: The name of the step; "" for the name of its function. Steps inside a named step are a part of it.
            hides: Whether it hides parts of the pictures.
        """
        named = bool(label) and not self.doing
        step = Step(label or labels.operator_label(operator), operator, hides=hides)
        return self._after(operator(self._inside(label) if named else self), step)

    def counted_in(self, ledger: Ledger, name: str) -> Stream[_T_co] | None:
        """Return the same stream, counted in another ledger from its source on; None if its source cannot do that.

        Args:
            ledger: The ledger.
            name: The new name of its source, for its frames.
        """
        shared = any(step.label.startswith(_SHARING) for step in self._steps)
        if self.origin.counted_in is None or shared:
            return None
        stream: Any = self.origin.counted_in(ledger, name)
        for step in self._steps:
            stream = stream.then(step.operator, step.label, hides=step.hides)
        return stream

    def _through(self, operators: tuple[Callable[[Any], Any], ...]) -> object:
        made: object = self
        known: Stream[Any] = self
        for operator in operators:
            step = Step(labels.operator_label(operator), operator)
            made = known.then(operator) if made is known else known._after(operator(made), step)
            known = cast("Stream[Any]", made) if isinstance(made, Stream) else known
        return cast("object", made)

    def _after(self, made: object, step: Step) -> object:
        """Return what an operator made of this stream, as a Stream that knows this step, too."""
        if not isinstance(made, Stream) and type(made) is not Observable:
            return made  # such as a ConnectableObservable, which has methods of its own
        stream = cast("Observable[Any]", made)
        known = cast("Stream[Any]", made) if isinstance(made, Stream) else None
        if known is not None and known.origin is not self.origin:
            return known
        origin = origin_behind(step.operator, self.origin, stream)
        if known is not None and len(known.steps) > len(self.steps) and origin is self.origin:
            return known
        stream = with_origin_of_parts(step.operator, origin, stream)
        steps = self._steps if self.doing else (*self._steps, step)
        subscribe = stream._subscribe_core  # noqa: SLF001 - `subscribe` would guard each item twice
        return Stream(subscribe, origin, steps, doing=self.doing)

    def _inside(self, label: str) -> Stream[_T_co]:
        return Stream(self._subscribe_core, self.origin, self._steps, doing=label)

    def _subscribe_core(self, observer: ObserverBase[_T_co], scheduler: SchedulerBase | None = None) -> DisposableBase:
        noting = observer if self.doing else cast("ObserverBase[_T_co]", Noting(observer, self._note))
        return super()._subscribe_core(noting, scheduler)

    def _note(self, error: Exception) -> None:
        """Note the last step in an error that came from it; log it once for each line of the user's code."""
        step = f"in step {len(self._steps)}, {self.steps[-1]}, of {self.origin}" if self._steps else ""
        expected = isinstance(error, RxvlmError | ExceptionGroup)  # the ledger of the camera logs those
        if note_step(error, step) and step and not expected:
            self._errors.report(error)

    def __repr__(self) -> str:
        return f"Stream of {' | '.join([str(self.origin), *self.steps])}; {HOW_TO_RUN}"

    def _repr_html_(self) -> str:
        hidden = any(step.hides for step in self._steps)
        look = self.look() if self.look is not None else markup.text(_HIDDEN if hidden else _HOW_TO_LOOK)
        steps = markup.code("\n".join(f"| {step}" for step in self.steps))
        return markup.card(str(self.origin), look, steps if self._steps else "", markup.text(HOW_TO_RUN))

    def __iter__(self) -> NoReturn:
        error = TypeError(
            "a stream cannot be iterated over by itself: rxvlm.answers(stream) yields its items as they come, in "
            "`for item in rxvlm.answers(stream)`; rxvlm.collect(stream) waits for all; rxvlm.each(stream) is for async"
        )
        raise shown_short(error)

    def __aiter__(self) -> AsyncGenerator[_T_co]:
        return async_items(self)

    def __await__(self) -> Generator[Any, None, _T_co]:
        return self._last().__await__()

    async def _last(self) -> _T_co:
        """Return the last item. RxPY would set a future from another thread, and so never return."""
        last: list[_T_co] = []
        async with aclosing(async_items(self, 1)) as items:
            async for item in items:
                last = [item]
        if not last:
            raise SequenceContainsNoElementsError
        return last[0]

    def __getitem__(self, key: slice | int) -> Stream[_T_co]:
        start, stop, step = (key.start, key.stop, key.step) if isinstance(key, slice) else (key, key + 1, 1)
        return cast("Stream[_T_co]", self.then(ops.slice(start, stop, step)))
