"""Which models are inside a model, and which of them gave an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, runtime_checkable

from rxvlm.clip import Clip
from rxvlm.vlm import Piece, Vlm


def models_in(model: Vlm) -> Iterator[Vlm]:
    """Iterate over a model and all models inside it: a combinator holds them in its attribute ``models``."""
    yield model
    for inner in getattr(model, "models", ()):
        yield from models_in(inner)


def signed_by(model: Vlm) -> Callable[[Piece], Piece]:
    """Return a function that writes the model's name on a piece, unless a model inside it has done so."""
    return lambda piece: piece if piece.model else replace(piece, model=model.name)


@runtime_checkable
class HoldsBack(Protocol):
    """A combinator in which asks wait before the server gets them, as in `limit`."""

    def in_flight_since(self, clip: Clip, prompt: str) -> float | None:
        """Return when the newest ask of a question that is in flight was let go, in seconds since the epoch; else None.

        Args:
            clip: The clip of the question, the same object.
            prompt: Its prompt.
        """
        ...
