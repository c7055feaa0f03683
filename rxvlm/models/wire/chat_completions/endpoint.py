"""Where a server is and how one proves who one is there, the secrets out of sight."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from rxvlm.errors import ModelUnauthorizedError
from rxvlm.models.wire.chat_completions.capabilities import Server
from rxvlm.uri import without_secrets


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where questions go.

    Attributes:
        url: The whole address, without secrets.
        headers: What proves who asks.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)


def endpoint(base_url: str, api_key: str | None, server: Server) -> Endpoint:
    """Read an address and find the key.

    Args:
        base_url: Up to ``/v1``; may hold a user and password.
        api_key: The key; None or "" for the environment's, where the server has a variable for it.
        server: What is known of the server.

    Raises:
        ModelUnauthorizedError: If the server needs a key, and there is none.
        ValueError: If the address is none, or there are two ways to prove who one is, or the key is no header.
    """
    safe, login = _split(base_url)
    key = (api_key or ("" if login else os.environ.get(server.key, ""))).strip()
    if key and login:
        raise ValueError(f"{safe} has a user and password, and a key: only one of them can be sent")
    if not (key.isascii() and key.isprintable()):
        raise ValueError("the key holds characters that no key has")
    if server.key and not (key or login):
        raise ModelUnauthorizedError(f"{safe} takes nobody without a key: set {server.key}, or give api_key")
    proof = f"Bearer {key}" if key else f"Basic {b64encode(unquote(login).encode()).decode()}" if login else ""
    return Endpoint(f"{safe.rstrip('/')}/chat/completions", {"Authorization": proof} if proof else {})


def _split(base_url: str) -> tuple[str, str]:
    """Give an address without its login, and the login."""
    if any(letter in base_url for letter in "?#") or any(map(str.isspace, base_url)):
        raise ValueError("base_url is an address alone, without settings: percent-encode what stands for itself")
    safe = without_secrets(base_url)
    try:
        parts = urlsplit(safe)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{safe} is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{safe} is no address of a server: give http://... or https://...")
    scheme, _, rest = safe.partition("://")
    login = base_url.removeprefix(f"{scheme}://").removesuffix(rest)
    return safe, login.rstrip("@")
