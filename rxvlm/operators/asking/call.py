"""ClipCalls: the calls to a model about one clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_above_zero
from rxvlm.clip import Clip
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.display.traces import UserErrors
from rxvlm.errors import ModelError, PromptError, RxvlmError
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.held import until_resumed
from rxvlm.operators.asking.prompts import FixedPrompt, text_for
from rxvlm.operators.asking.timing import Timer
from rxvlm.stream import LossReason
from rxvlm.text import split_thoughts
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Vlm, ask_model, no_answer_within, only_thoughts


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long a call may take.

    Attributes:
        timeout: Seconds for a whole answer.
        max_age: Seconds since the end of the clip's recording, after which the answer is not wanted; None: no limit.

    Raises:
        TypeError: If one is not a number.
        ValueError: If one is not above 0.
    """

    timeout: float
    max_age: float | None

    def __post_init__(self) -> None:
        check_above_zero("timeout", self.timeout, "seconds")
        if self.max_age is not None:
            check_above_zero("max_age", self.max_age, "seconds")

    def until_too_old(self, clip: Clip, now: float) -> float:
        """Return the seconds until a clip is too old to be asked about; infinite for a file, or without a limit.

        Args:
            clip: The clip.
            now: Seconds since the epoch.
        """
        if self.max_age is None or clip.captured is None:
            return float("inf")
        return clip.captured + self.max_age - now


@dataclass(frozen=True, slots=True)
class ClipCalls:
    """The calls to a model about one clip, one after another.

    Attributes:
        model: The model.
        clip: The clip.
        came: When the clip came to the step, in seconds since the epoch.
        clock: Its time is in the analyses; its timers end calls that take too long.
        limits: How long a call may take.
        ledger: Counts the clip as in flight, and then as analysed or failed; None: it is not counted.
        lost: Called once, with the reason, if the clip is too old for the remaining prompts, or asking is paused.
        log: Logs what a model or a prompt function of the user's own raises.
        on_piece: Called with each piece of an answer, as it comes.
    """

    model: Vlm
    clip: Clip
    came: float
    clock: SchedulerBase
    limits: TimeLimits
    ledger: Ledger | None
    lost: Callable[[LossReason], None]
    log: UserErrors
    on_piece: Callable[[Piece], None] = lambda _: None

    def ask_each(self, prompts: Sequence[FixedPrompt]) -> Observable[Analysis]:
        """Ask with one prompt after the other, until the clip is too old.

        RxPY's ``concat`` would queue the next call on a trampoline, behind whatever else waits there.
        """

        def subscribe(observer: ObserverBase[Analysis], scheduler: SchedulerBase | None = None) -> DisposableBase:
            running = SerialDisposable()

            def ask(at: int) -> None:
                wanted = False
                last = at == len(prompts) - 1

                def answered(analysis: Analysis) -> None:
                    nonlocal wanted
                    wanted = True
                    self._settle(analysis, last=last)
                    observer.on_next(analysis)

                def ended() -> None:
                    if wanted and not last:
                        ask(at + 1)
                    else:
                        observer.on_completed()

                running.disposable = call = SingleAssignmentDisposable()
                analysis = reactivex.defer(lambda _: self.ask_once(prompts[at]))
                call.disposable = analysis.subscribe(answered, observer.on_error, ended, scheduler=scheduler)

            ask(0)
            return running

        return Observable(subscribe)

    def ask_once(self, wanted: FixedPrompt) -> Observable[Analysis]:
        """Ask: one Analysis, with an answer or an error; none if the clip is too old, before or meanwhile.

        While asking is paused, the clip of a film waits, and there is no answer to that of a camera. The clip is not
        settled in the ledger: its caller knows when its last call has ended.
        """
        if self.ledger is None or not self.ledger.paused:
            return self._ask_now(wanted)
        if self.ledger.live is not False:
            return self._given_up("skipped:paused")
        return until_resumed(
            self.ledger.pausing, self.clock, lambda: self.ask_once(wanted), lambda: self._given_up("skipped:paused")
        )

    def _ask_now(self, wanted: FixedPrompt) -> Observable[Analysis]:
        timer = Timer(self.clip, self.came, now_in_seconds(self.clock))
        left = self.limits.until_too_old(self.clip, timer.asked)
        if left <= 0:
            return self._given_up("stale")
        if self.ledger is not None:
            self.ledger.begin(self.clip)
        try:
            prompt = text_for(wanted, self.clip)
        except PromptError as error:
            return reactivex.just(self._analysis("", timer, [Piece()], error))
        if left < self.limits.timeout:
            instead = reactivex.defer(lambda _: self._given_up("late"))
        else:
            left, instead = self.limits.timeout, reactivex.throw(no_answer_within(self.limits.timeout, self.model))

        def heard(piece: Piece) -> None:
            if timer.first is None:
                timer.first = now_in_seconds(self.clock)
            self.on_piece(piece)

        pieces = ask_model(self.model, self.clip, prompt).pipe(ops.do_action(heard), ops.to_list())

        def failed(error: Exception, _source: object) -> Observable[Analysis]:
            return reactivex.just(self._analysis(prompt, timer, [Piece()], error))

        return pieces.pipe(
            ops.map(lambda pieces: self._analysis(prompt, timer, pieces)),
            ops.timeout(left, instead, self.clock),
            ops.catch(failed),
        )

    def _given_up(self, reason: LossReason) -> Observable[Analysis]:
        self.lost(reason)
        return reactivex.empty()

    def _settle(self, analysis: Analysis, *, last: bool) -> None:
        if self.ledger is not None and (last or analysis.error is None):
            self.ledger.settle(analysis)  # only the first time counts

    def _analysis(self, prompt: str, timer: Timer, pieces: Sequence[Piece], error: Exception | None = None) -> Analysis:
        last, answered = pieces[-1], now_in_seconds(self.clock)
        text, thought = _answer_and_thought(pieces)
        if thought and not text.strip() and error is None:
            error = only_thoughts(last.model or self.model.name)
        if isinstance(error, PromptError) or not isinstance(error, RxvlmError | None):
            self.log.report(error)
        return Analysis(
            self.clip,
            prompt,
            last.model or self.model.name,
            timer.asked,
            answered,
            text=text,
            value=last.value,
            error=None if error is None else _as_ours(error, self.model.name),
            usage=last.usage,
            request_id=last.request_id,
            finish_reason=last.finish_reason,
            thought=thought,
            timings=timer.timings(answered, pieces),
        )


def _answer_and_thought(pieces: Sequence[Piece]) -> tuple[str, str]:
    """Return the text and the thoughts of an answer; a model of the user may leave both in the text."""
    text, thought = "".join(piece.text for piece in pieces), pieces[-1].thought
    if pieces[-1].value is not None:
        return text, thought
    text, inside = split_thoughts(text)
    return text, "\n".join(filter(None, [thought, inside]))


def _as_ours(error: Exception, model: str) -> RxvlmError:
    """Return the error itself if it is an error of this library, otherwise a ModelError with it as the cause."""
    if isinstance(error, RxvlmError):
        return error
    ours = ModelError(without_secrets(f"{model} failed: {type(error).__name__}: {error}"))
    ours.__cause__ = error
    return ours
