"""When a server that does not take video is asked with pictures instead. What it has shown is remembered."""

from __future__ import annotations

import logging
import threading
from typing import Final

from rxvlm.errors import (
    ModelError,
    ModelFailedError,
    ModelNotFoundError,
    ModelRefusedError,
    NoVideoInputError,
)

PICTURES_REST: Final = 60.0
"""Seconds for which pictures are not tried again after they failed, too."""

_IN_DOUBT: Final = (ModelRefusedError, ModelFailedError, ModelNotFoundError)
_FAULTS: Final = range(502, 600)  # statuses that are about the server's state, not about the request: 501 is not one
_OK: Final = 200
_log = logging.getLogger("rxvlm")


class PicturesInstead:
    """Decides for one model whether pictures are sent instead of a video that was refused.

    Attributes:
        refuses_video: Set when the server has answered about pictures after it refused a video.
    """

    def __init__(self) -> None:
        self.refuses_video = threading.Event()
        self._failed_at: float | None = None

    def __reduce__(self) -> tuple[type[PicturesInstead], tuple[()]]:
        return PicturesInstead, ()  # another process finds it out again

    def may_help(self, error: ModelError, status: int, now: float) -> bool:
        """Return whether the same question with pictures may be answered.

        Servers refuse video with many statuses and words, so every refusal counts that has no other known reason.

        Args:
            error: What the server said to the video.
            status: The HTTP status of that reply; 0 if there was none.
            now: Seconds of the monotonic clock.
        """
        if self._failed_at is not None and 0 <= now - self._failed_at < PICTURES_REST:
            return False
        if type(error) is NoVideoInputError:
            return True
        known = type(error) in _IN_DOUBT and not (status == _OK and isinstance(error, ModelFailedError))
        return known and (status == _OK or 400 <= status < _FAULTS.start)  # noqa: PLR2004 - errors of HTTP

    def failed(self, now: float) -> None:
        """Note that pictures failed, too: the reason was not the video."""
        self._failed_at = now

    def error_of(self, video: ModelError, pictures: Exception) -> Exception:
        """Return the more useful of two errors: the server's reply to the video, or to the pictures."""
        certain = isinstance(video, NoVideoInputError)
        for_good = video.retryable and not getattr(pictures, "retryable", False)  # must not be retried as a failure
        return pictures if certain or for_good else video

    def answered(self, name: str, error: ModelError) -> None:
        """Note that pictures were answered: from now on the model is sent pictures only. The log says so once."""
        if not self.refuses_video.is_set():
            self.refuses_video.set()
            _log.warning("%s does not take video; from now on it is sent pictures (%s)", name, error)
