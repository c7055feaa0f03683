"""fallback: the next model where one fails."""

from __future__ import annotations

import logging

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rxvlm.clip import Clip
from rxvlm.models.combining.asking import signed, whole
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Vlm, check_model

_log = logging.getLogger("rxvlm")


def fallback(*models: Vlm) -> Vlm:
    """Ask the first model, and the next where it fails, and so on.

    ::

        first   ---a--#
        second        -----b-c|
        answer  -------------(bc)|

    It goes on after any error, also one that is none of ours: a clip that one model finds too
    large or objects to may suit another. The answer is given when it is whole, so of one that failed half
    way nothing is; an empty one is a failure. ``Piece.model`` says who answered. Where the last one fails,
    too, its error is the answer, and carries a note for each that failed before it. The first failure of
    each that another makes good is a warning in the log ``"rxvlm"``.

    A model that hangs is left when it gives up by itself: give it a time-out below that of ``analyze``,
    which ends the whole question.

    Args:
        *models: The models, at least one, the best first. One may stand there twice:
            ``fallback(turns, turns)`` asks a `round_robin` for a second model.

    Returns:
        A Vlm; its name is theirs with "or" between.

    Raises:
        TypeError: If one is no model.
        ValueError: If there is none.
    """
    for model in models:
        check_model(model)
    if not models:
        raise ValueError("fallback needs at least one model")
    return FallbackVlm(models)


class FallbackVlm:
    """Models of which the next is asked where one fails; see `fallback`."""

    def __init__(self, models: tuple[Vlm, ...]) -> None:
        self.name = " or ".join(model.name for model in models)
        self.models = models
        self._told: set[str] = set()

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Give the same of the models that are held to a schema."""
        return FallbackVlm(tuple(with_schema(model, schema) for model in self.models))

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask one after the other until one answers."""
        return self._ask(clip, prompt, ())

    def _ask(self, clip: Clip, prompt: str, notes: tuple[str, ...]) -> Observable[Piece]:
        """Ask the one whose turn it is: as many have failed as there are notes."""
        model = self.models[len(notes)]

        def failed(error: Exception, _source: Observable[Piece]) -> Observable[Piece]:
            if len(notes) + 1 == len(self.models):
                return reactivex.throw(_with_notes(error, notes))
            note = without_secrets(f"{model.name} failed before: {type(error).__name__}: {error}")
            _log.log(logging.INFO if model.name in self._told else logging.WARNING, "%s", note)
            self._told.add(model.name)
            return self._ask(clip, prompt, (*notes, note))

        return whole(model, clip, prompt).pipe(ops.map(signed(model)), ops.catch(failed))


def _with_notes(error: Exception, notes: tuple[str, ...]) -> Exception:
    for note in notes:
        if note not in getattr(error, "__notes__", ()):  # a model may fail with one and the same error for ever
            error.add_note(note)
    return error
