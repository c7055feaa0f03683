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
      ModelError                  a model gave no answer: `retryable`, `code`, `request_id`, `retry_after`
        ModelTimeoutError           it took longer than allowed (also a TimeoutError)
        ModelUnreachableError       no connection could be made (also a ConnectionError)
        ModelDroppedError           the connection broke off before the answer's end (also a ConnectionError)
        ModelUnauthorizedError      the key is missing, wrong or not for this model (also a PermissionError)
        ModelUnpaidError            the account has nothing left to pay with
        ModelNotFoundError          there is no such model, or nothing of the kind at the address
        ModelBusyError              too many requests or tokens for now
        ModelFailedError            the server failed at it
        ModelRefusedError           the server does not take this request
          ClipTooShortError           the clip is too short for it, or has too few frames
          ClipTooLargeError           the clip has too many bytes, frames or seconds for it
          NoVideoInputError           it takes no video: pictures, perhaps
          ContentFilteredError        its content filter objects
        BadAnswerError              what came is no answer
          PartialAnswerError          it is cut short
          InvalidAnswerError          it is not of the schema that was asked for
          VideoIgnoredError           it was made without a look at the clip
      MissingPartError            an optional part is not installed (also an ImportError)

Misuse by the caller is a plain ValueError or TypeError, raised at once. Every
error here pickles, and none carries a password.
"""

from __future__ import annotations

from typing import ClassVar


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
        retryable: Whether the same request may be sent again: nothing of it goes on or is
            billed, and it may succeed later; None for what is usual for the class.
        code: The provider's own code, or "".
        request_id: The provider's name for the request, or "".
        retry_after: Seconds that the provider asks to wait, if it does.
    """

    usually_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        retryable: bool | None = None,  # noqa: FBT001 - positional, so that the error pickles
        code: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.retryable = self.usually_retryable if retryable is None else retryable
        super().__init__(message, self.retryable, code, request_id, retry_after)
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        return str(self.args[0])


class ModelTimeoutError(ModelError, TimeoutError):
    """Raised when a model's answer takes longer than allowed; the model may be at it still."""

    __str__ = ModelError.__str__


class ModelUnreachableError(ModelError, ConnectionError):
    """Raised when no connection to a model can be made: refused, no such host, TLS."""

    usually_retryable = True
    __str__ = ModelError.__str__


class ModelDroppedError(ModelError, ConnectionError):
    """Raised when the connection breaks off before the answer's end; it may be billed all the same."""

    __str__ = ModelError.__str__


class ModelUnauthorizedError(ModelError, PermissionError):
    """Raised when a key is missing, wrong, of another region or not for this model."""

    __str__ = ModelError.__str__


class ModelUnpaidError(ModelError):
    """Raised when the account is in arrears or its free quota is used up."""


class ModelNotFoundError(ModelError):
    """Raised when there is no such model, or its address is not one of a model."""


class ModelBusyError(ModelError):
    """Raised when there were too many requests or tokens for now."""

    usually_retryable = True


class ModelFailedError(ModelError):
    """Raised when the server fails at a request that is well formed."""

    usually_retryable = True


class ModelRefusedError(ModelError):
    """Raised when the server does not take a request as it is."""


class ClipTooShortError(ModelRefusedError):
    """Raised when a clip plays too short for a model, or has too few frames."""


class ClipTooLargeError(ModelRefusedError):
    """Raised when a clip has too many bytes, frames or seconds for a model."""


class NoVideoInputError(ModelRefusedError):
    """Raised when a model takes no video in the form it was given."""


class ContentFilteredError(ModelRefusedError):
    """Raised when the provider's content filter objects to the clip, the prompt or the answer."""


class BadAnswerError(ModelError):
    """Raised when what comes back is no answer: malformed, empty, or a page for browsers."""


class PartialAnswerError(BadAnswerError):
    """Raised when an answer is cut short."""


class InvalidAnswerError(BadAnswerError):
    """Raised when an answer is not of the schema that was asked for."""


class VideoIgnoredError(BadAnswerError):
    """Raised when a server answered without a look at the clip, by the tokens that it counted."""


class MissingPartError(RxvlmError, ImportError):
    """Raised when something optional is asked for that is not installed."""
