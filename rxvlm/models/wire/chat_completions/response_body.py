"""Reading the body of a response, never more than a bound, and never unpacked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from rxvlm.errors import BadAnswerError
from rxvlm.models.wire.encodings import check_encoding

if TYPE_CHECKING:
    from httpx import Response

MOST_BYTES = 8_000_000  # of an answer


async def read_chunks(response: Response, name: str) -> AsyncIterator[bytes]:
    """Read a body as it arrives.

    Args:
        response: The response.
        name: The model's name, for errors.

    Raises:
        BadAnswerError: If it is longer than `MOST_BYTES`, or packed, which was not asked for.
    """
    check_encoding(response.headers, name)
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MOST_BYTES:
            raise BadAnswerError(f"{name} sent more than {MOST_BYTES} bytes, too many for an answer")
        yield chunk


async def read_refused(response: Response, name: str) -> bytes:
    """Read the body of an error; b"" if it cannot be read: the status says enough."""
    try:
        return b"".join([chunk async for chunk in read_chunks(response, name)])
    except BadAnswerError:
        return b""
