"""Signatures of Standard Webhooks. Pure functions."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final

_PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes of a key, as the standard has it
_HOW: Final = (
    "a webhook's secret is whsec_ and the base64 of 24 to 64 random bytes; make one with: "
    'echo "whsec_$(head -c 32 /dev/urandom | base64)"'
)


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for.

    >>> key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").hex()
    '31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0'

    Args:
        secret: ``whsec_`` and base64, as receivers show it; the prefix may be missing.

    Raises:
        ValueError: If it is something else, or its length is not that of the standard. The error does not show it.
    """
    text = secret.strip().removeprefix(_PREFIX)
    try:
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(_HOW)
    return key


def signed(message_id: str, body: bytes, at: float, key: bytes | None) -> dict[str, str]:
    """Return the headers of a message that say who it is, when it is sent and, with a key, that it is genuine.

    Args:
        message_id: Its identity, in ASCII.
        body: What is sent.
        at: Seconds since the epoch, now: receivers refuse what is older than some minutes.
        key: From `key_of`; None for no signature.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(at))}
    if key is None:
        return headers
    content = f"{message_id}.{int(at)}.".encode() + body
    signature = b64encode(hmac.digest(key, content, sha256)).decode()
    return {**headers, "webhook-signature": f"v1,{signature}"}
