"""Reading the body of a response, whole or line by line, never more than a bound."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from rxvlm.errors import BadAnswerError

if TYPE_CHECKING:
    from httpx import Response

MOST_BYTES = 8_000_000  # of an answer


async def read_body(response: Response, name: str) -> bytes:
    """Read a whole body.

    Args:
        response: The response.
        name: The model's name, for the error.

    Raises:
        BadAnswerError: If it is longer than `MOST_BYTES`.
    """
    return b"".join([chunk async for chunk in _chunks(response, name)])


async def read_lines(response: Response, name: str) -> AsyncIterator[bytes]:
    """Read a body line by line as it arrives; arguments and errors are those of `read_body`."""
    rest = b""
    async for chunk in _chunks(response, name):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
    yield rest


async def _chunks(response: Response, name: str) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MOST_BYTES:
            raise BadAnswerError(f"{name} sent more than {MOST_BYTES} bytes, too many for an answer")
        yield chunk
