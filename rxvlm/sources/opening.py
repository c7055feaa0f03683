"""Open a container for reading, with PyAV 18 and with PyAV 19."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import av
from av.container import InputContainer
from av.error import FFmpegError

_Result = TypeVar("_Result")

# Tags of old files are in any encoding, and are not read here. PyAV 18 raises UnicodeDecodeError at them unless
# told not to; PyAV 19 keeps the bytes that are not UTF-8 as surrogates, and takes no such argument.
_TAGS: Final[dict[str, Any]] = {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}  # noqa: PLR2004 - a version


def open_container(
    target: str, *, options: dict[str, str], timeout: tuple[float | None, float | None] | None = None
) -> InputContainer:
    """Open a file or an address; its tags may be in any text encoding.

    Args:
        target: What FFmpeg opens: ``file:...``, ``rtsp://...``, ``http://...``.
        options: FFmpeg's own.
        timeout: Seconds for opening and for each read; None for no limit.

    Raises:
        FFmpegError: If FFmpeg cannot open it.
    """
    return av.open(target, "r", options=options, timeout=timeout, **_TAGS)


def attempt(call: Callable[[], _Result]) -> _Result | FFmpegError:
    """Return the result of a call, or the error of FFmpeg's that it raised.

    An error that is raised while another is handled refers to that one, and FFmpeg's hold the address with its
    password. So an error of ours takes the place of one that was returned, not raised.
    """
    try:
        return call()
    except FFmpegError as error:
        return error
