"""Call: one question to a model about one clip, within the time that there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.errors import ModelError, ModelTimeoutError, RxvlmError
from rxvlm.stream import LossReason
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Vlm


@dataclass(frozen=True, slots=True)
class Call:
    """One question about one clip.

    Attributes:
        model: Who is asked.
        clip: About what.
        prompt: The question.
        clock: Tells the time, and ends what takes too long.
        begun: Told that the model is asked now.
        lost: Told why, where the answer comes too late to be wanted.
    """

    model: Vlm
    clip: Clip
    prompt: str
    clock: SchedulerBase
    begun: Callable[[], None]
    lost: Callable[[LossReason], None]

    def analysis(self, timeout: float, max_age: float | None) -> Observable[Analysis]:
        """Ask: one Analysis, or none where nobody wants it any more.

        Args:
            timeout: Seconds for the whole answer.
            max_age: Seconds since the end of what was filmed, after which it is not wanted.
        """
        began = now_in_seconds(self.clock)
        left = timeout
        if max_age is not None and self.clip.captured is not None:
            left = min(timeout, self.clip.captured + max_age - began)
        if left <= 0:
            self.lost("stale")
            return reactivex.empty()
        self.begun()
        late = left < timeout
        too_long = ModelTimeoutError(f"{self.model.name} gave no answer within {left:g} s")

        def failed(error: Exception, _source: Observable[Analysis]) -> Observable[Analysis]:
            if late and error is too_long:
                self.lost("late")
                return reactivex.empty()
            return reactivex.just(self._put_together([], began, error))

        return reactivex.defer(lambda _: self.model.ask(self.clip, self.prompt)).pipe(
            ops.to_list(),
            ops.timeout(left, reactivex.throw(too_long), self.clock),
            ops.map(lambda pieces: self._put_together(pieces, began, None if pieces else self._silence())),
            ops.catch(failed),
        )

    def _silence(self) -> ModelError:
        return ModelError(f"{self.model.name} ended without an answer")

    def _put_together(self, pieces: Sequence[Piece], began: float, error: Exception | None) -> Analysis:
        last = pieces[-1] if pieces else Piece()
        return Analysis(
            self.clip,
            self.prompt,
            last.model or self.model.name,
            began,
            now_in_seconds(self.clock),
            text="".join(piece.text for piece in pieces),
            value=last.value,
            error=None if error is None else _ours(error, self.model.name),
            usage=last.usage,
            request_id=last.request_id,
            finish_reason=last.finish_reason,
        )


def _ours(error: Exception, model: str) -> RxvlmError:
    if isinstance(error, RxvlmError):
        return error
    ours = ModelError(without_secrets(f"{model} failed: {type(error).__name__}: {error}"))
    ours.__cause__ = error
    return ours
