"""Everything that can go wrong, as one tree.

    RxvlmError
      SourceError                 a source cannot be opened or read: `uri`
        SourceNotFoundError         nothing is there (also a FileNotFoundError)
        NoVideoError                it is there, and holds no video
        SourceRefusedError          nobody listens there (also a ConnectionError)
        SourceUnauthorizedError     user name or password is wrong (also a PermissionError)
        SourceTimeoutError          it did not answer in time (also a TimeoutError)
        SourceBrokenError           it was read for a while, and broke off
        UriError                    the address itself makes no sense (also a ValueError)
      DecodeError                 a picture could not be made of its packets
      EncodeError                 a clip could not be made of its pictures
      OverflowedError             a bounded queue was full, or would wait for ever
      ModelError                  a model gave no answer: `retryable`, `code`, `request_id`
        ModelTimeoutError           it took longer than allowed (also a TimeoutError)
      MissingPartError            an optional part is not installed (also an ImportError)

Misuse by the caller is a plain ValueError or TypeError, raised at once. Every
error here pickles, and none carries a password.
"""

from __future__ import annotations


class RxvlmError(Exception):
    """The root of all errors of this library."""


class SourceError(RxvlmError):
    """Raised when a source cannot be opened or read.

    Args:
        message: One sentence that names the source.
        uri: The source's address, its secrets removed.
    """

    def __init__(self, message: str, uri: str = "") -> None:
        super().__init__(message, uri)
        self.uri = uri

    def __str__(self) -> str:
        return str(self.args[0])


class SourceNotFoundError(SourceError, FileNotFoundError):
    """Raised when nothing is at a source's address."""

    # OSError would otherwise print its two arguments as errno and text.
    __str__ = SourceError.__str__


class NoVideoError(SourceError):
    """Raised when a source can be read, and no video is in it."""


class SourceRefusedError(SourceError, ConnectionError):
    """Raised when nobody listens at a source's address."""

    __str__ = SourceError.__str__


class SourceUnauthorizedError(SourceError, PermissionError):
    """Raised when a source refuses the user name or password."""

    __str__ = SourceError.__str__


class SourceTimeoutError(SourceError, TimeoutError):
    """Raised when a source does not answer in time."""

    __str__ = SourceError.__str__


class SourceBrokenError(SourceError):
    """Raised when a source that was read breaks off."""


class UriError(SourceError, ValueError):
    """Raised when an address is malformed or of no known kind."""


class DecodeError(RxvlmError):
    """Raised when a frame's picture cannot be made of its packets."""


class EncodeError(RxvlmError):
    """Raised when a clip cannot be made of its pictures."""


class OverflowedError(RxvlmError):
    """Raised when a queue is full and its rule is ``"error"``, or ``"block"`` would never end."""


class ModelError(RxvlmError):
    """Raised when a model gives no answer to a clip.

    Args:
        message: One sentence that names the model.
        retryable: Whether the same request may succeed later.
        code: The provider's own code, or "".
        request_id: The provider's name for the request, or "".
    """

    def __init__(self, message: str, retryable: bool = False, code: str = "", request_id: str = "") -> None:  # noqa: FBT001, FBT002 - positional, so that the error pickles
        super().__init__(message, retryable, code, request_id)
        self.retryable = retryable
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        return str(self.args[0])


class ModelTimeoutError(ModelError, TimeoutError):
    """Raised when a model's answer takes longer than allowed."""

    __str__ = ModelError.__str__


class MissingPartError(RxvlmError, ImportError):
    """Raised when something optional is asked for that is not installed."""
