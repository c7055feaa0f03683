"""How a combinator asks a model inside it: for pieces as they come, or for the answer once it is complete."""

from __future__ import annotations

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError
from rxvlm.vlm import Piece, Vlm


def asked(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask the model at each subscription.

    An exception that ``ask`` raises becomes an error of the stream, and so does an answer without a piece.
    """
    answer = reactivex.defer(lambda _: model.ask(clip, prompt))

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        silent = True

        def say(piece: Piece) -> None:
            nonlocal silent
            silent = False
            observer.on_next(piece)

        def end() -> None:
            if silent:
                observer.on_error(BadAnswerError(f"{model.name} ended without an answer"))
            else:
                observer.on_completed()

        return answer.subscribe(say, observer.on_error, end, scheduler=scheduler)

    return Observable(subscribe)


def when_complete(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask as `asked` does, and emit the pieces only when the answer is complete: of one that fails, none."""
    answer = asked(model, clip, prompt)

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        pieces: list[Piece] = []

        def end() -> None:
            for piece in pieces:
                observer.on_next(piece)
            observer.on_completed()

        return answer.subscribe(pieces.append, observer.on_error, end, scheduler=scheduler)

    return Observable(subscribe)
