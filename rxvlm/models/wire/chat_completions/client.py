"""The httpx client: proxies, certificates, the connections that it keeps. httpx is loaded here, when it is needed."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

from rxvlm.errors import ModelUnreachableError
from rxvlm.models.wire.encodings import ASKED
from rxvlm.network.certificates import trusted
from rxvlm.uri import without_secrets

if TYPE_CHECKING:
    from httpx import AsyncClient

CONNECT_SECONDS = 10.0


def new_client(keep_seconds: float, proxy: str | None) -> AsyncClient:
    """Make a client that stores no cookies.

    Args:
        keep_seconds: Keep-alive: how long an unused connection is kept.
        proxy: The address of the proxy for all requests; None for none.

    Raises:
        ModelUnreachableError: If the proxy cannot be used.
    """
    import httpx

    try:
        return httpx.AsyncClient(
            verify=trusted(),
            proxy=proxy,
            trust_env=False,  # `proxy_for` reads the environment: httpx fails at entries of NO_PROXY
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # the deadline of each call cancels the rest
            limits=httpx.Limits(keepalive_expiry=keep_seconds),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={**ASKED, "User-Agent": "rxvlm"},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ModelUnreachableError(
            without_secrets(f"the proxy {proxy}, which the environment names, cannot be used: {error}"), retryable=False
        ) from error
