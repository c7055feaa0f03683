"""Certificates: which servers are trusted."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext


@cache
def trusted() -> SSLContext:
    """Read the trusted certificates (``SSL_CERT_FILE``, or those of httpx), once: it takes 30 ms."""
    import httpx  # it takes time to load

    return httpx.create_ssl_context()
