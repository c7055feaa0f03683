"""What combinators do with the models in them: ask, wait for the whole answer, sign it, look inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError
from rxvlm.vlm import Piece, Vlm


def asked(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask at each subscription; what ``ask`` raises is in the stream, and an answer without a piece is an error."""
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


def whole(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask as `asked` does, and keep the pieces until the answer is complete."""
    answer = asked(model, clip, prompt)

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        pieces: list[Piece] = []

        def end() -> None:
            for piece in pieces:
                observer.on_next(piece)
            observer.on_completed()

        return answer.subscribe(pieces.append, observer.on_error, end, scheduler=scheduler)

    return Observable(subscribe)


def signed(model: Vlm) -> Callable[[Piece], Piece]:
    """Give a function that writes on a piece who says it, unless that stands there."""
    return lambda piece: piece if piece.model else replace(piece, model=model.name)


def parts(model: Vlm) -> Iterator[Vlm]:
    """Give a model and those inside it: a combinator has them in its ``models``."""
    yield model
    for inner in getattr(model, "models", ()):
        yield from parts(inner)
