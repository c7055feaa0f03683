"""Addresses of receivers, without parts that may be secret."""

from __future__ import annotations

import re
from typing import Final

from rxvlm.text import one_line
from rxvlm.uri import safe_address

_URL: Final = re.compile(r"([A-Za-z][\w+.-]*://)([^/?#\\]*)(.*)", re.DOTALL)


def shown(address: str) -> str:
    """Return an address for logs: only scheme, host and port of a URL, because the path is often the secret.

    >>> shown("https://me:pass@hooks.example.com:8443/services/T0/B0/key?token=x"), shown("events.jsonl")
    ('https://hooks.example.com:8443/...', 'events.jsonl')
    """
    safe = safe_address(one_line(address))
    url = _URL.fullmatch(safe)
    if url is None:
        return safe
    return f"{url[1]}{url[2]}{'/...' if url[3].strip('/') else url[3]}"
