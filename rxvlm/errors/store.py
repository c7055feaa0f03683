"""Errors of stores: a store cannot be opened, read or written."""

from __future__ import annotations

from rxvlm.errors.base import RxvlmError


class StoreError(RxvlmError):
    """Raised when a store cannot be opened, read or written."""


class StoreNotFoundError(StoreError, FileNotFoundError):
    """Raised when a store cannot be read, because there is none at its path."""


class StoreHeldError(StoreError):
    """Raised when a store cannot be written, because another process, or another Store of this one, writes to it.

    Args:
        message: One sentence that names the store and the process that holds it.
        pid: Number of the process that writes to it; 0 if unknown.
        since: When this process began to write, in seconds since 1970 (UTC); 0 if unknown.
    """

    def __init__(self, message: str, pid: int = 0, since: float = 0.0) -> None:
        super().__init__(message, pid, since)
        self.pid = pid
        self.since = since

    def __str__(self) -> str:
        return str(self.args[0])


class NotStoredError(StoreError, KeyError):
    """Raised when a store has no answer and no event with an id."""

    __str__ = Exception.__str__  # otherwise KeyError would print its argument in quotes
