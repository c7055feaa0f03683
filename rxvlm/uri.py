"""Where video comes from, with its secrets kept out of sight."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from rxvlm.errors import UriError

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):")
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
_SECRET = re.compile(r"(?i)([?&](?:[\w-]*(?:password|passwd|pwd|token|key|secret|auth|sig)[\w-]*|pass)=)[^&#\s]*")
_KINDS = ("file", "demo")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a source is.

    Attributes:
        kind: ``"file"`` or ``"demo"``.
        target: A file's path, or a drawn camera's name.
        query: The settings behind a question mark; of a file always empty.
        safe: The address to show to people, its secrets removed.
    """

    kind: str
    target: str = field(repr=False)
    query: dict[str, str] = field(repr=False)
    safe: str

    @property
    def name(self) -> str:
        """A short name for people: a file's without folder and suffix."""
        return Path(self.target).stem if self.kind == "file" else self.target


def address(uri: str | Path) -> Address:
    """Read an address.

    Args:
        uri: A path, ``file://`` uri, or ``demo:camera?setting=value``.

    Raises:
        UriError: If it is empty or of no known kind.
    """
    text = str(uri)
    if not text.strip():
        raise UriError("the address of a video is empty; give a file or demo:yard", text)
    scheme = _SCHEME.match(text)
    # One letter and a colon is a drive; so is what exists under that very name.
    if isinstance(uri, Path) or scheme is None or Path(text).exists():
        return Address("file", text, {}, text)
    kind = scheme[1].lower()
    safe = without_secrets(text)
    if kind not in _KINDS:
        raise UriError(f"{safe}: {kind}: addresses are not supported; give a file or demo:yard", safe)
    parts = urlsplit(text)
    target = unquote(parts.path)
    if kind == "demo":
        return Address(kind, target.strip("/"), dict(parse_qsl(parts.query, keep_blank_values=True)), safe)
    return Address(kind, target, {}, safe)


def without_secrets(text: str) -> str:
    """Remove logins and secret settings from every address in a text.

    >>> without_secrets("cannot open rtsp://admin:pa%40ss@cam/1?token=abc&x=1")
    'cannot open rtsp://cam/1?token=***&x=1'
    """
    return _SECRET.sub(r"\1***", _LOGIN.sub("", text))
