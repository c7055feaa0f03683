"""Hosts: what looks like the address of one, and which are this machine. Pure, but for the machine's own names."""

from __future__ import annotations

import re
import socket
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

from rxvlm.uri import without_secrets

IpAddress: TypeAlias = IPv4Address | IPv6Address

_ADDRESS: Final = re.compile(
    r"""(?aix)
    ://  |  [^\w.:/+~-]  |  ^[./]  |  /$  |  /v\d+\b            # a scheme, what no name holds (ASCII only), a path
    |  :\d{2,5}(?:/|$)                                       # a port
    |  ^(?:https?|localhost|host\.docker)\b                  # a scheme with a slip, this machine
    |  ^\d{1,3}(?:\.\d{1,3}){3}\b  |  ::                     # an IP address
    |  ^[^/:]*\.[a-z]{2,}(?=[:/]|$)                          # a domain
    """
)


def looks_like_an_address(text: str) -> bool:
    """Return whether a text looks like the address of a server, and not like the name of a model.

    >>> [looks_like_an_address(text) for text in ("gpu:8000", "127.0.0.1/v1", "localhost", "gpu.lan", "[::1]")]
    [True, True, True, True, True]
    >>> [looks_like_an_address(text) for text in ("gpt-4.1-mini", "qwen2.5-vl:72b", "qwen/qwen3-vl-8b", "gpu")]
    [False, False, False, False]
    """
    return _ADDRESS.search(text) is not None


def no_address(text: str) -> str:
    """Write the error for an address without ``http://``, or with a slip in it.

    >>> no_address("gpu:8000")
    'gpu:8000 is no address; did you mean http://gpu:8000/v1?'
    """
    return f"{without_secrets(text.strip())} is no address; did you mean {meant_address(text)}?"


def meant_address(text: str) -> str:
    """Return the address that was perhaps meant, without a login; an example, if the text holds none.

    >>> meant_address("HTTP:/gpu:8000/v1"), meant_address("::1"), meant_address("a b")
    ('http://gpu:8000/v1', 'http://[::1]/v1', 'http://localhost:8000/v1')
    """
    safe = without_secrets(text.strip().strip("\"'"))
    scheme = "https" if safe.lower().startswith("https") else "http"
    rest = re.sub(r"(?i)^(?:\w+:/+|https?[:;/\\]+|/+)", "", safe)
    if "]" not in rest and isinstance(ip_of(rest), IPv6Address):
        rest = f"[{rest}]"
    if not re.fullmatch(r"[\w.\-\[][^\s@\\]*", rest):
        return "http://localhost:8000/v1"
    return f"{scheme}://{rest if '/' in rest else f'{rest}/v1'}"


def ip_of(host: str) -> IpAddress | None:
    """Return the IP address that a host is written as, with or without brackets; None if it is a name.

    >>> ip_of("127.1"), ip_of("[::1]"), ip_of("::ffff:127.0.0.1"), ip_of("gpu")
    (IPv4Address('127.0.0.1'), IPv6Address('::1'), IPv4Address('127.0.0.1'), None)
    """
    text = host.removeprefix("[").removesuffix("]")
    try:
        address = ip_address(text)
    except ValueError:
        if not re.fullmatch(r"(?i)(?:0x[\da-f]+|\d+)(?:\.(?:0x[\da-f]+|\d+)){0,3}", text):
            return None
        try:
            return IPv4Address(socket.inet_aton(text))  # the short forms that the operating system takes
        except OSError:
            return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def is_loopback(host: str) -> bool:
    """Return whether a host is always this machine: ``localhost``, and addresses such as 127.0.0.1, ::1 and 0.0.0.0."""
    address = ip_of(host)
    if address is None:
        return host.lower().rstrip(".").split(".")[-1] == "localhost"
    return address.is_loopback or address.is_unspecified


def is_this_machine(host: str) -> bool:
    """Return whether a host is this machine: by loopback, its own name, or an address of one of its networks."""
    return is_loopback(host) or str(ip_of(host) or host.lower().rstrip(".")) in _own_names()


@cache
def _own_names() -> frozenset[str]:
    import psutil  # `import rxvlm.models` must stay cheap

    addresses = (one.address.split("%")[0] for of in psutil.net_if_addrs().values() for one in of)
    return frozenset({socket.gethostname().lower(), *addresses})
