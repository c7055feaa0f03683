"""Errors of models: a model does not answer."""

from __future__ import annotations

from typing import ClassVar

from rxvlm.errors.base import RxvlmError


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
    """Raised when an answer is truncated."""


class InvalidAnswerError(BadAnswerError):
    """Raised when an answer does not match the schema that was asked for."""


class VideoIgnoredError(BadAnswerError):
    """Raised when a server answered without having seen the clip, as its token count shows."""
