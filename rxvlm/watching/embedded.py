"""The model that `watch` and `watch_all` ask where none is given."""

from __future__ import annotations

import logging
from functools import cache

from rxvlm.vlm import Vlm, check_model

_log = logging.getLogger("rxvlm")


def given_or_embedded(model: Vlm | None) -> Vlm:
    """Return the model that was given, or else the built-in one, and say so in the log, once for each process.

    Raises:
        TypeError: If what was given is not a model.
    """
    if model is not None:
        check_model(model)
        return model
    from rxvlm.models.opencv import opencv  # all models come with it, and those who give one need not wait for them

    _say_once()
    return opencv()


@cache
def _say_once() -> None:
    _log.warning(
        "no model was given, so the built-in one answers (rxvlm.models.opencv): it measures what moves, and is no "
        "vision-language model"
    )
