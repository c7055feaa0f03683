"""All errors of the library, as one tree.

    RxvlmError
      SourceError                 a source cannot be opened or read: `uri`
        SourceNotFoundError         nothing is there (also a FileNotFoundError)
        NoVideoError                there is something, but no video in it
        SourceRefusedError          the connection was refused (also a ConnectionError)
        SourceUnauthorizedError     the user name or password is wrong (also a PermissionError)
        SourceTimeoutError          it did not answer in time (also a TimeoutError)
        SourceBrokenError           it could be read for a while, then broke off
        UriError                    the address is malformed or not supported (also a ValueError)
      DecodeError                 a picture could not be decoded from its packets
      EncodeError                 a clip could not be encoded from its pictures
      ClipGoneError               a clip is without its bytes, and they are needed
      OverflowedError             a bounded queue was full, or would block forever
      ModelError                  a model did not answer: `retryable`, `code`, `request_id`, `retry_after`
        ModelTimeoutError           it took longer than allowed (also a TimeoutError)
        ModelUnreachableError       no connection could be established (also a ConnectionError)
        ModelDroppedError           the connection broke off before the end of the answer (also a ConnectionError)
        ModelUnauthorizedError      the key is missing, wrong or not valid for this model (also a PermissionError)
        ModelUnpaidError            the account has no credit left
        ModelNotFoundError          there is no such model, or no model server at the address
        ModelBusyError              too many requests or tokens at the moment (rate limit)
        ModelFailedError            the server failed while it processed the request
        ModelOpenError              it is not asked at the moment, because its server is down (circuit breaker)
        ModelRefusedError           the server does not accept this request
          ClipTooShortError           the clip is too short for the model, or has too few frames
          ClipTooLargeError           the clip has too many bytes, frames or seconds for the model
          NoVideoInputError           the model does not take video; it may take pictures
          ContentFilteredError        the provider's content filter rejected it
        BadAnswerError              what came is not a usable answer
          PartialAnswerError          the answer is cut short
          InvalidAnswerError          the answer does not match the schema that was asked for
          VideoIgnoredError           the model answered without having seen the clip
      PromptError                 a prompt function failed, so that nothing was asked
      MissingPartError            an optional package is not installed (also an ImportError)

Misuse by the caller is a plain ValueError or TypeError, raised at once. Every
error here can be pickled, and none contains a password.
"""

from __future__ import annotations

from typing import ClassVar


class RxvlmError(Exception):
    """The base class of all errors of this library."""


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


class DecodeError(RxvlmError):
    """Raised when the picture of a frame cannot be decoded from its packets."""


class EncodeError(RxvlmError):
    """Raised when a clip cannot be encoded from its pictures."""


class ClipGoneError(RxvlmError):
    """Raised when the bytes of a clip are needed, and it is without them: it was read from JSON, for example."""


class OverflowedError(RxvlmError):
    """Raised when a queue is full and its overflow policy is ``"error"``, or ``"block"`` would block forever."""


class ModelError(RxvlmError):
    """Raised when a model does not answer about a clip.

    Args:
        message: One sentence that names the model.
        retryable: Whether the same request may be sent again: the server is not still working on it, does not bill it,
            and may accept it later. None for the default of the class.
        code: The error code of the provider, or "".
        request_id: Identifier that the provider gave to the request, or "".
        retry_after: Seconds to wait before the next try, if the provider says so.
    """

    usually_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        retryable: bool | None = None,  # noqa: FBT001 - positional, because pickle passes the arguments of an error so
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
    """Raised when an answer takes longer than allowed; the model may still be working on it."""

    __str__ = ModelError.__str__


class ModelUnreachableError(ModelError, ConnectionError):
    """Raised when no connection to a model can be established: refused, unknown host, TLS."""

    usually_retryable = True
    __str__ = ModelError.__str__


class ModelDroppedError(ModelError, ConnectionError):
    """Raised when the connection breaks off before the end of the answer; the answer may still be billed."""

    __str__ = ModelError.__str__


class ModelUnauthorizedError(ModelError, PermissionError):
    """Raised when a key is missing, wrong, of another region or not valid for this model."""

    __str__ = ModelError.__str__


class ModelUnpaidError(ModelError):
    """Raised when the account is in arrears or its free quota is used up."""


class ModelNotFoundError(ModelError):
    """Raised when there is no such model, or the address is not that of a model server."""


class ModelBusyError(ModelError):
    """Raised when a rate limit is exceeded: too many requests or tokens at the moment."""

    usually_retryable = True


class ModelFailedError(ModelError):
    """Raised when the server fails to process a valid request."""

    usually_retryable = True


class ModelOpenError(ModelError):
    """Raised by a `breaker` that is open: the model is down, and not asked again for ``retry_after`` seconds."""


class ModelRefusedError(ModelError):
    """Raised when the server rejects a request, and would reject it again."""


class ClipTooShortError(ModelRefusedError):
    """Raised when a clip is too short for a model, or has too few frames."""


class ClipTooLargeError(ModelRefusedError):
    """Raised when a clip has too many bytes, frames or seconds for a model."""


class NoVideoInputError(ModelRefusedError):
    """Raised when a model does not take video in the form in which it was sent."""


class ContentFilteredError(ModelRefusedError):
    """Raised when the content filter of the provider rejects the clip, the prompt or the answer."""


class BadAnswerError(ModelError):
    """Raised when the response is not an answer: malformed, empty, or an HTML page."""


class PartialAnswerError(BadAnswerError):
    """Raised when an answer is cut short."""


class InvalidAnswerError(BadAnswerError):
    """Raised when an answer does not match the schema that was asked for."""


class VideoIgnoredError(BadAnswerError):
    """Raised when a server answered without having seen the clip, as its token count shows."""


class PromptError(RxvlmError):
    """Raised when a prompt function raises, or returns something that is no text."""


class MissingPartError(RxvlmError, ImportError):
    """Raised when an optional package is needed that is not installed."""
