"""Addresses of video sources, and the removal of their secrets from everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from rxvlm.errors import UriError

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):")
_BEGIN = re.compile(r"[a-zA-Z][\w+.-]*:[/\\]+")
_IN_TEXT = re.compile(r"\S*(?:://|[?&;/]\S*=|:\S*@)\S*")
_NAME = r"[\w.\[\]%-]*"
_PART = r"pas|pwd|psw|token|key|secret|auth|sig|cred|session|ticket"
_WHOLE = r"p|pw|pin|sid|otp|sas|code"
_SETTING = re.compile(
    rf"(?i)({_NAME}(?:{_PART}){_NAME}|(?<![^\W_])(?:{_WHOLE}))="
    # The value ends where another setting begins, since a password may hold anything. XMEye's have _ for &.
    rf"((?:(?!&{_NAME}=|_(?:channel|stream)=).)*)",
    re.DOTALL,
)
_NO_PORT = re.compile(r"(?<=//)((?:\[[^\]]*\]|[^/?#:\[])*:)(?!\d*(?:[/?#\s,;'\")\]}.]|$)).*", re.DOTALL)
_HOST = re.compile(r"(?:[\w.-]+|\[[\w:.%]+\])(?::\d+)?/|.*:\d+$|[\d.]+$")
_DELIMITERS = {"/": "%2F", "?": "%3F", "#": "%23", "\\": "%5C"}
_DEVICE = re.compile(r"^(?:/dev/video)?(\d+)$")
_NETWORK = {
    "rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http",
    "rtmp": "rtmp", "rtmps": "rtmp", "udp": "udp", "tcp": "tcp",
}  # fmt: skip
_INSTEAD = {
    "srt": "FFmpeg as PyAV has it cannot read SRT; let another one do it: "
    "ffmpeg -i {safe} -c copy -f mpegts - | rxvlm watch -",
    "onvif": "ONVIF only lists the addresses of a camera's streams; find the RTSP address in the camera's own pages, "
    "with an ONVIF device manager, or in the list of its maker's addresses, and give that: rtsp://USER:PASSWORD@HOST/...",
}
_NAMED = re.compile(r"^([^/\\:?&@#=]*[^/\\:?&@#=\s][^/\\:?&@#=]*)=(.*)$", re.DOTALL)
_GIVE = "give a file, rtsp://..., http://..., a device's number, - (stdin), or demo:yard"


@dataclass(frozen=True, slots=True)
class Address:
    """The parsed address of a source.

    Attributes:
        kind: ``"file"``, ``"stdin"``, ``"demo"``, ``"device"``, ``"rtsp"``, ``"http"``, ``"rtmp"``, ``"udp"`` or
            ``"tcp"``.
        target: The path of a file, the name of a drawn camera, the number of a device, or the
            complete address of a network source, with its secrets.
        query: The settings of a drawn camera, or those in the fragment of an HTTP address.
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
        TypeError: If it is neither a string, a path nor a number.
        UriError: If the address is empty, malformed, or of an unknown kind.
    """
    if not isinstance(uri, str | Path | int) or isinstance(uri, bool):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(
            "a video is one address: a str, a Path, or the number of a device, "
            f"not {type(uri).__name__}; watch_all takes several, by name"
        )
    text = str(uri)
    if not text.strip():
        raise UriError(f"the address of a video is empty; {_GIVE}", text)
    if text == "-":
        return Address("stdin", text, {}, text, "stdin")
    if (device := _DEVICE.match(text)) is not None:
        return Address("device", device[1], {}, text, f"camera{device[1]}")
    scheme = _SCHEME.match(text)
    # A single letter before a colon is a drive; and a file that exists under exactly this name is a file.
    if isinstance(uri, Path) or scheme is None or Path(text).exists():
        shown = text if Path(text).exists() else safe_address(text)  # it may be an address without its scheme
        return Address("file", text, {}, shown, Path(shown).stem or Path(text).resolve().name or shown)
    return _address(scheme[1].lower(), text, safe_address(text))


def by_name(uris: Iterable[str]) -> dict[str, str]:
    """Return addresses by the names of their cameras; equal names are numbered.

    >>> by_name(["rtsp://one/main", "rtsp://two/main", "rtsp://one/main"])
    {'one/main': 'rtsp://one/main', 'two/main': 'rtsp://two/main', 'one/main-2': 'rtsp://one/main'}
    >>> by_name(["yard=demo:yard"])
    {'yard': 'demo:yard'}

    An address may begin with the name: ``gate=film.mp4``.

    Raises:
        UriError: If an address is empty, malformed, or of an unknown kind; or if a name, or stdin, is given twice.
    """
    split = [_name_and_address(uri) for uri in uris]
    if [uri for _, uri in split].count("-") > 1:
        raise UriError("- is stdin, which can be read only once; give it once", "-")
    given = [name for name, _ in split if name is not None]
    if twice := [name for name in given if given.count(name) > 1]:
        raise UriError(f"{twice[0]!r} is the name of {given.count(twice[0])} cameras; give each its own", twice[0])
    cameras: dict[str, str] = {}
    for name, uri in split:
        own = address(uri).name
        numbered = (f"{own}-{number}" for number in count(2))
        free = (new for new in chain([own], numbered) if new not in cameras and new not in given)
        cameras[next(free) if name is None else name] = uri
    return cameras


def _name_and_address(text: str) -> tuple[str | None, str]:
    """Split ``gate=rtsp://...``; a file that exists under exactly this name is a file."""
    named = _NAMED.match(text)
    return (None, text) if named is None or Path(text).exists() else (named[1].strip(), named[2])


def _address(scheme: str, text: str, safe: str) -> Address:
    parts = _split(safe if scheme in _NETWORK else text)
    if parts is None:
        hint = f"; a login is written {scheme}://USER:PASSWORD@HOST" if "***" in safe else ""
        raise UriError(f"{safe} is not a valid address{hint}", safe)
    host, path = parts.hostname or "", unquote(parts.path)
    if scheme == "file":
        if host not in ("", "localhost"):
            raise UriError(f"{safe} is a file on another machine; give a path on this one", safe)
        return Address(scheme, path, {}, safe if parts.netloc else text, Path(path).stem)
    if scheme == "demo":
        camera = path.strip("/")
        return Address(scheme, camera, dict(parse_qsl(parts.query, keep_blank_values=True)), safe, camera)
    if scheme in _INSTEAD:
        raise UriError(f"{safe}: {_INSTEAD[scheme].format(safe=safe)}", safe)
    if scheme not in _NETWORK:
        raise UriError(f"{safe}: {scheme}: addresses are not supported; {_GIVE}", safe)
    if codes := unwritten(text):
        raise UriError(f"{safe}: in a user name or password, write {codes}; after the host, write %40 for @", safe)
    if not host:
        raise UriError(f"{safe} has no host in it", safe)
    settings: dict[str, str] = {}
    if _NETWORK[scheme] == "http" and parts.fragment:  # a fragment is never sent
        settings, text = dict(parse_qsl(parts.fragment)), text.removesuffix(f"#{parts.fragment}")
    return Address(
        _NETWORK[scheme], text, settings, safe, "/".join(filter(None, [host, path.strip("/").split("/")[-1]]))
    )


def _split(text: str) -> SplitResult | None:
    """Split an address; return None if it is malformed: the ValueError may quote a password."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def unwritten(text: str) -> str:
    """Return how to write the delimiters in the login of an address; "" if there are none.

    A login ends at the last @, but FFmpeg, and the standard, end it before the first delimiter. An @ that follows may
    also belong to the path: it does if there is no colon before, or if there is a login, and no host after it.
    """
    rest = text.partition("://")[2]
    login, _, host = rest.rpartition("@")
    begin = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if len(login) <= len(begin) or ":" not in begin or ("@" in begin and not _HOST.match(host)):
        return ""
    return ", ".join(f"{code} for {delimiter}" for delimiter, code in _DELIMITERS.items() if delimiter in login)


def without_secrets(text: str) -> str:
    """Return a text without the logins and secret settings of the addresses in it.

    >>> without_secrets("cannot open rtsp://admin:pa%40ss@cam/1?token=abc&x=1")
    'cannot open rtsp://cam/1?token=***&x=1'
    """
    return _IN_TEXT.sub(lambda found: _hidden(found[0], _BEGIN.search(found[0])), text)


def safe_address(text: str) -> str:
    """Return one address without its login and secret settings; in doubt, more is left out than necessary.

    >>> safe_address("rtsp://cam/user=admin_password=a b_channel=1")
    'rtsp://cam/user=admin_password=***_channel=1'
    """
    return _hidden(text, _BEGIN.match(text))


def _hidden(text: str, scheme: re.Match[str] | None) -> str:
    """Hide the secrets of one address: all up to the last @, the values of secret settings, and what is no port."""
    start = scheme.end() if scheme else 0
    begin = re.split(r"[/?#]", text[start:], maxsplit=1)[0]
    # An @ in a secret value may end a login that contains such a value, unless the address begins with a plain host.
    end = "***@" if ":" in begin or "@" in begin else "***"
    shown = _SETTING.sub(lambda found: f"{found[1]}={end if '@' in found[2] else '***'}", text)
    login, at, rest = shown[start:].rpartition("@")
    if at and (scheme or ":" in login):
        shown = shown[:start] + rest
    return _NO_PORT.sub(r"\1***", shown)
