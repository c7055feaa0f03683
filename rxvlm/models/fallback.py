"""fallback: ask the next model if one fails."""

from __future__ import annotations

import logging

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.models.combining.nesting import signed_by
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Value, Vlm, ask_model_whole, check_model

_log = logging.getLogger("rxvlm")


@suggest_options()
def fallback(*models: Vlm[Value]) -> Vlm[Value]:
    """Ask the first model; if it fails, the next one, and so on.

    ::

        first   ---a--#
        second        -----b-c|
        answer  --------------(b,c,|)

    Any error leads to the next model, not only a `ModelError`: a clip that one model finds too large, or refuses
    for its content, may be fine for another. The pieces are emitted when an answer is complete, so an answer
    that failed half-way emits none. An empty answer is a failure. ``Piece.model`` says which model answered.
    When the last model fails, too, its error is the result, with a note for each model that failed before it. A
    failure after which the next model is asked is logged to ``"rxvlm"``: the first one of each model as a
    warning, later ones as information.

    If a model hangs, the next one is asked only after the time-out of the model itself. Set it below the ``timeout`` of
    ``analyze``, which ends the whole question.

    Args:
        *models: The models, at least one, the best first. You may pass the same model twice:
            ``fallback(turns, turns)`` asks a `round_robin` for a second model.

    Returns:
        A Vlm; its name is their names, joined by "or".

    Raises:
        TypeError: If one of them is not a model.
        ValueError: If there is no model.
    """
    for model in models:
        check_model(model)
    if not models:
        raise ValueError("fallback needs at least one model")
    return FallbackVlm(models)


class FallbackVlm:
    """Several models: if one fails, the next is asked; see `fallback`."""

    def __init__(self, models: tuple[Vlm, ...]) -> None:
        self.name = " or ".join(model.name for model in models)
        self.models = models
        self._warned_of: set[str] = set()  # names of the models whose first failure is logged

    def __repr__(self) -> str:
        return f"fallback({', '.join(map(repr, self.models))})"

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return a fallback between the same models, each with the schema."""
        return FallbackVlm(tuple(with_schema(model, schema) for model in self.models))

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask one model after the other until one answers."""
        return self._ask(clip, prompt, ())

    def _ask(self, clip: Clip, prompt: str, notes: tuple[str, ...]) -> Observable[Piece]:
        """Ask the next model; ``notes`` holds one line for each that has failed."""
        model = self.models[len(notes)]

        def failed(error: Exception, _source: Observable[Piece]) -> Observable[Piece]:
            if len(notes) + 1 == len(self.models):
                return reactivex.throw(_with_notes(error, notes))
            note = without_secrets(f"{model.name} failed before: {type(error).__name__}: {error}")
            _log.log(logging.INFO if model.name in self._warned_of else logging.WARNING, "%s", note)
            self._warned_of.add(model.name)
            return self._ask(clip, prompt, (*notes, note))

        return ask_model_whole(model, clip, prompt).pipe(ops.map(signed_by(model)), ops.catch(failed))


def _with_notes(error: Exception, notes: tuple[str, ...]) -> Exception:
    for note in notes:
        if note not in getattr(error, "__notes__", ()):  # a model may raise the same error object each time
            error.add_note(note)
    return error
