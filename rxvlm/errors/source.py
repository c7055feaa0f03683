"""Errors of sources: a source cannot be opened or read."""

from __future__ import annotations

from rxvlm.errors.base import RxvlmError


class SourceError(RxvlmError):
    """Raised when a source cannot be opened or read.

    Args:
        message: One sentence that names the source.
        uri: The address of the source, without its secrets.
    """

    def __init__(self, message: str, uri: str = "") -> None:
        super().__init__(message, uri)
        self.uri = uri

    def __str__(self) -> str:
        return str(self.args[0])


class SourceNotFoundError(SourceError, FileNotFoundError):
    """Raised when there is nothing at the address of a source."""

    # Otherwise OSError would print its two arguments as errno and text.
    __str__ = SourceError.__str__


class NoVideoError(SourceError):
    """Raised when a source can be read, but contains no video."""


class SourceRefusedError(SourceError, ConnectionError):
    """Raised when a source refuses the connection: no server is listening at its address."""

    __str__ = SourceError.__str__


class SourceUnauthorizedError(SourceError, PermissionError):
    """Raised when a source refuses the user name or password."""

    __str__ = SourceError.__str__


class SourceTimeoutError(SourceError, TimeoutError):
    """Raised when a source does not answer in time."""

    __str__ = SourceError.__str__


class SourceBrokenError(SourceError):
    """Raised when a source breaks off after it could be read for a while."""


class UriError(SourceError, ValueError):
    """Raised when an address is malformed or of an unknown kind."""
