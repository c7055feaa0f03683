"""Waiting for model servers that are starting, before any camera is opened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import complain

if TYPE_CHECKING:
    from rxvlm.models.openai_compatible import ChatVlm

_POLL_SECONDS: Final = 1.0


def wait_for_models(model: rxvlm.Vlm, seconds: float) -> None:
    """Wait until the servers of all models inside a model can be asked, but at most so many seconds altogether.

    A server that is not ready by then is asked all the same: its error says why.

    Args:
        model: The model; of its parts, only servers that speak OpenAI's protocol are waited for.
        seconds: At most, at least 0.
    """
    until = time.monotonic() + seconds
    for part in _servers(model) if seconds else ():
        _wait_for(part, until)


def _servers(model: rxvlm.Vlm) -> Iterator[ChatVlm]:
    from rxvlm.models.combining.nesting import models_in
    from rxvlm.models.openai_compatible import ChatVlm

    return (part for part in models_in(model) if isinstance(part, ChatVlm))


def _wait_for(part: ChatVlm, until: float) -> None:
    began, said = time.monotonic(), ""
    while why := part.why_not_ready():
        if why != said:
            complain(f"waiting for {part.name}: {why}")
            said = why
        left = until - time.monotonic()
        if left <= 0:
            complain(f"{part.name} is not ready after {time.monotonic() - began:.0f} s, and watching begins")
            return
        time.sleep(min(_POLL_SECONDS, left))
    if said:
        complain(f"{part.name} is ready after {time.monotonic() - began:.0f} s")
