"""Proxies: which one a request goes through, by the environment; never one for a server on this machine."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from rxvlm.network.hosts import ip_of, is_loopback
from rxvlm.uri import without_secrets

_log = logging.getLogger("rxvlm")
_PORTS: Final = {"http": 80, "https": 443}
_BRACKETS: Final = re.compile(r"\[([^\[\]]+)\](/\d+)?(?::(\d+))?")
_NAME: Final = re.compile(r"(?!.*\.\.)[\w.*-]*\w[\w.*-]*")


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy for a URL; None if it is to be asked directly.

    An entry of ``NO_PROXY`` that cannot be read is ignored, with one warning in the log.

    Args:
        url: The address of the server.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
    direct = any(rule.covers(host, port) for rule in _no_proxy())
    if direct or is_loopback(host):
        return None
    known = getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def through(name: str, proxy: str | None) -> str:
    """Return the name of a model for errors, with the proxy through which it is asked.

    >>> through("llava", None), through("llava", "http://me:pass@proxy:3128")
    ('llava', 'llava, through the proxy http://proxy:3128,')
    """
    return f"{name}, through the proxy {without_secrets(proxy)}," if proxy else name


@dataclass(frozen=True, slots=True)
class Rule:
    """An entry of ``NO_PROXY``: hosts that are asked directly.

    Attributes:
        name: The name of a host, which stands for all below it, too; a pattern with ``*``; or "".
        network: The addresses, if it is not a name.
        port: The port, or None for every port.
    """

    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def covers(self, host: str, port: int) -> bool:
        """Return whether a host is asked directly."""
        if self.port not in (None, port):
            return False
        address = ip_of(host)
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        host = host.lower()
        if "*" in self.name:
            return fnmatchcase(host, self.name)
        return address is None and (host == self.name or host.endswith(f".{self.name}"))


def read_rule(entry: str) -> Rule:
    """Read an entry of ``NO_PROXY``.

    >>> read_rule("[::1]:8000"), read_rule(".Example.com")
    (Rule(name='', network=IPv6Network('::1/128'), port=8000), Rule(name='example.com', network=None, port=None))

    Raises:
        ValueError: If it is not a name, an address or a network.
    """
    entry = re.sub(r"(?i)^https?://|(?<!/\d)(?<!/\d\d)/$", "", entry)
    host, port = entry, ""
    if brackets := _BRACKETS.fullmatch(entry):
        host, port = brackets[1] + (brackets[2] or ""), brackets[3] or ""
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
        port = port or "none"  # a colon without a port is a slip
    number = int(port) if port else None
    if number not in (None, *range(1, 65_536)) or set(host) & set("[]"):
        raise ValueError(entry)
    if "/" in host:
        return Rule(network=ip_network(host, strict=False), port=number)
    if (address := ip_of(host.partition("%")[0])) is not None:
        return Rule(network=ip_network(address), port=number)
    name = host.lower().removeprefix("*.").strip(".") if host != "*" else host
    if not (name == "*" or _NAME.fullmatch(name)) or re.fullmatch(r"[\d.-]+", name):
        raise ValueError(entry)
    return Rule(name=name, port=number)


def _no_proxy() -> tuple[Rule, ...]:
    variable = next((name for name in ("no_proxy", "NO_PROXY") if os.environ.get(name)), "")
    return _rules(variable, os.environ[variable]) if variable else ()


@lru_cache(maxsize=16)
def _rules(variable: str, value: str) -> tuple[Rule, ...]:
    """Read the entries of a variable; warn of each that cannot be read. It is cached, so each is warned of once."""
    rules: list[Rule] = []
    for entry in filter(None, re.split(r"[,;\s]+", value)):
        try:
            rules.append(read_rule(entry))
        except ValueError:
            _log.warning("%s: the entry %r cannot be read, and is ignored", variable, without_secrets(entry))
    return tuple(rules)
