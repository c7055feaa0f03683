"""Endpoint: the address of a server and the credentials for it, kept out of every repr and error."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from rxvlm.errors import ModelUnauthorizedError
from rxvlm.models.wire.chat_completions.capabilities import Server
from rxvlm.models.wire.keys import check_key
from rxvlm.network.hosts import no_address
from rxvlm.uri import without_secrets


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address that questions are sent to.

    Attributes:
        url: The whole URL, without secrets.
        headers: The credentials.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)


def endpoint(base_url: str, api_key: str | None, server: Server) -> Endpoint:
    """Check an address and find the key for it.

    Args:
        base_url: The address up to ``/v1``; it may hold a user and password.
        api_key: The key; None or "" to take it from the environment, if the server has a variable for it.
        server: The kind of server.

    Raises:
        ModelUnauthorizedError: If the server needs a key, and there is none.
        ValueError: If the address is not valid, there are a login and a key, or the key cannot be right.
    """
    safe, login = _split(base_url)
    key = (api_key or ("" if login else os.environ.get(server.key, ""))).strip()
    if key and login:
        raise ValueError(f"{safe} has a user and password, and a key: only one of them can be sent")
    check_key(key)
    if server.key and not (key or login):
        raise ModelUnauthorizedError(f"{safe} needs a key: set {server.key}, or give api_key")
    proof = f"Bearer {key}" if key else f"Basic {b64encode(unquote(login).encode()).decode()}" if login else ""
    base = re.sub(r"(/chat(/completions)?)?/*$", "", safe)  # as some documents give the address
    return Endpoint(f"{base}/chat/completions", {"Authorization": proof} if proof else {})


def _split(base_url: str) -> tuple[str, str]:
    """Return an address without its login, and the login."""
    if any(letter in base_url for letter in "?#") or any(map(str.isspace, base_url)):
        raise ValueError("base_url holds a space, ? or #: percent-encode those of a password, and leave out a query")
    scheme, colon, rest = base_url.partition("://")
    login, _, place = rest.rpartition("@")
    address = f"{scheme}{colon}{place}"
    if not _is_well_formed(address):  # raised here, so that it does not refer to the ValueError, which quotes a part
        raise ValueError(f"{without_secrets(base_url)} is not a valid address")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(no_address(without_secrets(base_url)))
    return address, login


def _is_well_formed(address: str) -> bool:
    try:
        _ = urlsplit(address).port
    except ValueError:
        return False
    return True
