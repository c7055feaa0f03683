"""The model that `watch` and `watch_all` ask: the given one or the built-in one, for text or for typed fields."""

from __future__ import annotations

import logging
from functools import cache

from rxvlm.vlm import Vlm, check_model
from rxvlm.watching.fields import Fields, schema_from

_log = logging.getLogger("rxvlm")


def given_or_embedded(model: Vlm | None, fields: Fields | None = None) -> Vlm:
    """Return the model that was given, or else the built-in one, and say so in the log, once for each process.

    Args:
        model: The model; None for the built-in one.
        fields: The typed fields that it is asked for; None for text. The built-in one has fields of its own.

    Raises:
        TypeError: If what was given is not a model.
        ValueError: If it has a schema already, and is asked for fields.
    """
    if model is None:
        from rxvlm.models.opencv import opencv  # all models come with it, and those who give one need not wait for them

        _say_once(
            "no model was given, so the built-in one answers (rxvlm.models.opencv): it measures what moves, and is no "
            "vision-language model"
        )
        model = opencv()
    check_model(model)
    if fields is None:
        return model
    if model.name == "opencv":
        _say_once("opencv has fields of its own, in the value of its answers, and ignores fields=")
        return model
    from rxvlm.models.structured import structured

    return structured(model, schema_from(fields))


@cache
def _say_once(text: str) -> None:
    _log.warning("%s", text)
