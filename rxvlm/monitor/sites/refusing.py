"""Refusing: the controls of a site at which nothing can be done, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import reactivex
from reactivex import Observable

from rxvlm.monitor.site import Action
from rxvlm.vlm import Piece

ACTIONS: Final[tuple[Action, ...]] = ("pause", "mute", "ask")


class Refusing:
    """Controls that refuse everything.

    Args:
        reason: Why.
    """

    def __init__(self, reason: str) -> None:
        self.refusals: Mapping[Action, str] = dict.fromkeys(ACTIONS, reason)
        self._reason = reason

    def paused(self) -> Mapping[str, float]:
        """Return that no camera is paused."""
        return {}

    def muted(self) -> Mapping[str, float]:
        """Return that no rule is muted."""
        return {}

    def pause(self, camera: str) -> None:
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{camera} cannot be paused: {self._reason}")

    def resume(self, camera: str) -> None:
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{camera} cannot go on: {self._reason}")

    def mute(self, rule: str, seconds: float) -> None:
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{rule} cannot be muted for {seconds:g} s: {self._reason}")

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Return a stream that ends with the refusal.

        The error is a ValueError.
        """
        return reactivex.throw(ValueError(f"{camera} cannot be asked {question!r}: {self._reason}"))
