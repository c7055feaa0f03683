"""Which models are inside a model, and which of them gave an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rxvlm.vlm import Piece, Vlm


def models_in(model: Vlm) -> Iterator[Vlm]:
    """Iterate over a model and all models inside it: a combinator holds them in its attribute ``models``."""
    yield model
    for inner in getattr(model, "models", ()):
        yield from models_in(inner)


def signed_by(model: Vlm) -> Callable[[Piece], Piece]:
    """Return a function that writes the model's name on a piece, unless a model inside it has done so."""
    return lambda piece: piece if piece.model else replace(piece, model=model.name)
