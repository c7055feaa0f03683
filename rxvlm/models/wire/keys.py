"""Mistakes in API keys that can be seen without asking the server."""

from __future__ import annotations


def check_key(key: str) -> None:
    """Raise a ValueError if a key cannot be right; the error does not show it.

    >>> check_key("Bearer sk-1")
    Traceback (most recent call last):
    ValueError: the key begins with "Bearer ": leave that out, it is added when the key is sent

    Args:
        key: The key, without white space around it.
    """
    if not (key.isascii() and key.isprintable()):
        raise ValueError("the key holds characters that cannot be sent: only printable ASCII can")
    if any(mark in (key[:1], key[-1:]) for mark in ("'", '"', "`")):
        raise ValueError("the key has quotes around it: leave them out")
    if key.lower().startswith("bearer "):
        raise ValueError('the key begins with "Bearer ": leave that out, it is added when the key is sent')
