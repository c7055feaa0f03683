"""The base of all errors, and those about clips, queues, prompts and packages."""

from __future__ import annotations

from rxvlm.errors.short_traceback import short_traceback


class RxvlmError(Exception):
    """The base class of all errors of this library."""

    def _render_traceback_(self) -> list[str]:  # IPython's name for it
        return short_traceback(self)


class DecodeError(RxvlmError):
    """Raised when the picture of a frame cannot be decoded from its packets."""


class EncodeError(RxvlmError):
    """Raised when a clip cannot be encoded from its pictures."""


class ClipGoneError(RxvlmError):
    """Raised when the bytes of a clip are needed, but missing, for example because it comes from JSON."""


class OverflowedError(RxvlmError):
    """Raised when a queue is full and its overflow policy is ``"error"``, or ``"block"`` would block forever."""


class PromptError(RxvlmError):
    """Raised when a prompt function raises, or returns something that is not a text."""


class SinkError(RxvlmError, OSError):
    """Raised by a sink that cannot pass an item on: the receiver is unreachable or refuses it, or a program fails."""


class MissingPartError(RxvlmError, ImportError):
    """Raised when an optional package is needed that is not installed."""


class DoorError(RxvlmError, ConnectionError):
    """Raised when a run cannot be attached to: there is none, there are several, or it has gone."""


class ConfigurationError(RxvlmError, ValueError):
    """Raised when a file for `rxvlm run` has mistakes, or cannot be read.

    Args:
        mistakes: All mistakes: the file, the key, and what was expected there. They contain no secrets.
    """

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join(self.mistakes)
