"""Why there is no answer yet: what is known of the questions that are being asked."""

from __future__ import annotations

from rxvlm.models.combining.nesting import models_in
from rxvlm.models.retry import RetryVlm
from rxvlm.models.wire.connecting import Connecting
from rxvlm.vlm import Vlm


def troubles(model: Vlm) -> dict[str, str]:
    """Return why a question has no answer yet, by the name of its camera: no connection, or an error before.

    Args:
        model: The model that is asked; all models inside it are looked at.
    """
    found: dict[str, str] = {}
    for part in models_in(model):
        connecting = getattr(part, "connecting", None)
        if isinstance(connecting, Connecting):
            found |= connecting.unreached()
    for part in models_in(model):
        if isinstance(part, RetryVlm):
            found |= {camera: f"asked again: {error}" for camera, error in part.failing.copy().items()}
    return found
