"""Addresses of video sources, and the removal of their secrets from everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from rxvlm.errors import UriError

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):")
_NAMES = r"[\w-]*(?:password|passwd|pwd|token|key|secret|auth|sig)[\w-]*|pass"


def _patterns(character: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a login and of a secret query parameter, for addresses of such characters.

    A login is everything up to the last @ before the query: a password may contain slashes, colons and @.
    """
    login = rf"(?<=://)(?:(?![?#]){character})*@|(?<![\w/:])[^\s/:@]+:[^\s/@:](?:(?![?#]){character})*@"
    return re.compile(login, re.DOTALL), re.compile(rf"(?i)([?&](?:{_NAMES})=)(?:(?![&#]){character})*", re.DOTALL)


_IN_TEXT, _IN_ADDRESS = _patterns(r"\S"), _patterns(r".")
_DEVICE = re.compile(r"^(?:/dev/video)?(\d+)$")
_NETWORK = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http"}
_GIVE = "give a file, rtsp://..., http://..., a device's number, or demo:yard"


@dataclass(frozen=True, slots=True)
class Address:
    """The parsed address of a source.

    Attributes:
        kind: ``"file"``, ``"demo"``, ``"rtsp"``, ``"http"`` or ``"device"``.
        target: The path of a file, the name of a drawn camera, the number of a device, or the
            complete address of a network source, with its secrets.
        query: The settings of a drawn camera.
        safe: The address without its secrets, to be shown.
        name: A short name to be shown.
    """

    kind: str
    target: str = field(repr=False)
    query: dict[str, str] = field(repr=False)
    safe: str
    name: str


def address(uri: str | Path | int) -> Address:
    """Parse the address of a source.

    Args:
        uri: A path, a ``file:``, ``demo:``, ``rtsp:`` or ``http:`` address, or the number of a device.

    Raises:
        UriError: If the address is empty, malformed, or of an unknown kind.
    """
    text = str(uri)
    if not text.strip():
        raise UriError(f"the address of a video is empty; {_GIVE}", text)
    if (device := _DEVICE.match(text)) is not None:
        return Address("device", device[1], {}, text, f"camera{device[1]}")
    scheme = _SCHEME.match(text)
    # A single letter before a colon is a drive; and a file that exists under exactly this name is a file.
    if isinstance(uri, Path) or scheme is None or Path(text).exists():
        return Address("file", text, {}, text, Path(text).stem or Path(text).resolve().name or text)
    return _address(scheme[1].lower(), text, _hidden(text, _IN_ADDRESS))


def by_name(uris: Iterable[str]) -> dict[str, str]:
    """Return addresses by the names of their cameras; equal names are numbered.

    >>> by_name(["rtsp://one/main", "rtsp://two/main", "rtsp://one/main"])
    {'one/main': 'rtsp://one/main', 'two/main': 'rtsp://two/main', 'one/main-2': 'rtsp://one/main'}

    Raises:
        UriError: If an address is empty, malformed, or of an unknown kind.
    """
    cameras: dict[str, str] = {}
    for uri in uris:
        name = address(uri).name
        numbered = (f"{name}-{number}" for number in count(2))
        cameras[name if name not in cameras else next(new for new in numbered if new not in cameras)] = uri
    return cameras


def _address(scheme: str, text: str, safe: str) -> Address:
    try:
        parts = urlsplit(safe if scheme in _NETWORK else text)
        host, path = parts.hostname or "", unquote(parts.path)
        _ = parts.port
    except ValueError:  # its message may contain part of a password
        raise UriError(f"{safe} is not a valid address", safe) from None
    if scheme == "file":
        if host not in ("", "localhost"):
            raise UriError(f"{safe} is a file on another machine; give a path on this one", safe)
        return Address(scheme, path, {}, safe, Path(path).stem)
    if scheme == "demo":
        camera = path.strip("/")
        return Address(scheme, camera, dict(parse_qsl(parts.query, keep_blank_values=True)), safe, camera)
    if scheme not in _NETWORK:
        raise UriError(f"{safe}: {scheme}: addresses are not supported; {_GIVE}", safe)
    if not host:
        raise UriError(f"{safe} has no host in it", safe)
    return Address(_NETWORK[scheme], text, {}, safe, "/".join(filter(None, [host, path.strip("/").split("/")[-1]])))


def without_secrets(text: str) -> str:
    """Return a text without the logins and secret query parameters of the addresses in it.

    >>> without_secrets("cannot open rtsp://admin:pa%40ss@cam/1?token=abc&x=1")
    'cannot open rtsp://cam/1?token=***&x=1'
    """
    return _hidden(text, _IN_TEXT)


def _hidden(text: str, patterns: tuple[re.Pattern[str], re.Pattern[str]]) -> str:
    login, setting = patterns
    return setting.sub(r"\1***", login.sub("", text))
