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
      ClipGoneError               the bytes of a clip are needed, but it does not have them
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
        BadAnswerError              the reply is not a usable answer
          PartialAnswerError          the answer is truncated
          InvalidAnswerError          the answer does not match the schema that was asked for
          VideoIgnoredError           the model answered without having seen the clip
      StoreError                  a store cannot be opened, read or written
        StoreNotFoundError          there is no store at the path (also a FileNotFoundError)
        StoreHeldError              another process writes to it: `pid`, `since`
        NotStoredError              the store has no such answer or event (also a KeyError)
      PromptError                 a prompt function failed, so that nothing was asked
      SinkError                   a sink could not pass an item on (also an OSError)
      DoorError                   a run cannot be attached to (also a ConnectionError)
      ConfigurationError          a file for `rxvlm run` has mistakes: `mistakes` (also a ValueError)
      MissingPartError            an optional package is not installed (also an ImportError)

Misuse by the caller is a plain ValueError or TypeError, raised at once. Every
error here can be pickled, and none contains a password.
"""

from __future__ import annotations

from rxvlm.errors.base import (
    ClipGoneError,
    ConfigurationError,
    DecodeError,
    DoorError,
    EncodeError,
    MissingPartError,
    OverflowedError,
    PromptError,
    RxvlmError,
    SinkError,
)
from rxvlm.errors.model import (
    BadAnswerError,
    ClipTooLargeError,
    ClipTooShortError,
    ContentFilteredError,
    InvalidAnswerError,
    ModelBusyError,
    ModelDroppedError,
    ModelError,
    ModelFailedError,
    ModelNotFoundError,
    ModelOpenError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnauthorizedError,
    ModelUnpaidError,
    ModelUnreachableError,
    NoVideoInputError,
    PartialAnswerError,
    VideoIgnoredError,
)
from rxvlm.errors.source import (
    NoVideoError,
    SourceBrokenError,
    SourceError,
    SourceNotFoundError,
    SourceRefusedError,
    SourceTimeoutError,
    SourceUnauthorizedError,
    UriError,
)
from rxvlm.errors.store import (
    NotStoredError,
    StoreError,
    StoreHeldError,
    StoreNotFoundError,
)

__all__ = [
    "BadAnswerError",
    "ClipGoneError",
    "ClipTooLargeError",
    "ClipTooShortError",
    "ConfigurationError",
    "ContentFilteredError",
    "DecodeError",
    "DoorError",
    "EncodeError",
    "InvalidAnswerError",
    "MissingPartError",
    "ModelBusyError",
    "ModelDroppedError",
    "ModelError",
    "ModelFailedError",
    "ModelNotFoundError",
    "ModelOpenError",
    "ModelRefusedError",
    "ModelTimeoutError",
    "ModelUnauthorizedError",
    "ModelUnpaidError",
    "ModelUnreachableError",
    "NoVideoError",
    "NoVideoInputError",
    "NotStoredError",
    "OverflowedError",
    "PartialAnswerError",
    "PromptError",
    "RxvlmError",
    "SinkError",
    "SourceBrokenError",
    "SourceError",
    "SourceNotFoundError",
    "SourceRefusedError",
    "SourceTimeoutError",
    "SourceUnauthorizedError",
    "StoreError",
    "StoreHeldError",
    "StoreNotFoundError",
    "UriError",
    "VideoIgnoredError",
]
