"""A playlist on disk (HLS): it may name only files beside it, or below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from rxvlm.errors import SourceError
from rxvlm.uri import safe_address

_BEGIN: Final = b"#EXTM3U"
_NAMED: Final = re.compile(r'URI="([^"]*)"')
_DEEPEST: Final = 3  # playlists of playlists


def check_playlist(path: Path, depth: int = _DEEPEST) -> None:
    """Check a file if it is a playlist: its author must not choose which other files of this machine are read.

    Raises:
        SourceError: If it names a file elsewhere, or an address.
    """
    with path.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf\r\n ").startswith(_BEGIN):
            return
    folder = path.resolve().parent
    for name in _names(path.read_text("utf-8", "replace")):
        inner = (folder / unquote(name)).resolve()
        if "://" in name or not inner.is_relative_to(folder):
            wrong = f"{path} names {safe_address(name)}, which is not in its folder; it is not opened"
            raise SourceError(wrong, str(path))
        if depth and inner.is_file():
            check_playlist(inner, depth - 1)


def _names(playlist: str) -> Iterator[str]:
    for line in map(str.strip, playlist.splitlines()):
        if line.startswith("#"):
            yield from _NAMED.findall(line)
        elif line:
            yield line.removeprefix("file:")
