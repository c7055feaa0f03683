"""look: find out what an HTTP address is, from the head of one response."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from itertools import pairwise
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from rxvlm.errors import NoVideoError
from rxvlm.sources.web.client import check_status, client_of, media_type, our_errors
from rxvlm.sources.web.jpegs import LARGEST, START, JpegSplitter
from rxvlm.uri import Address


class Kind(Enum):
    """What an HTTP address is."""

    SNAPSHOT = "an address of single pictures"
    JPEGS = "a camera that sends JPEGs"
    FILM = "a film, which has an end"
    PLAYLIST = "a camera behind a playlist (HLS)"
    STREAM = "a camera"


_PLAYLIST, _LAST, _VARIANT = "#EXTM3U", "#EXT-X-ENDLIST", "#EXT-X-STREAM-INF"
_DEEPEST: Final = 3  # playlists of playlists
_LONGEST: Final = 4 * 2**20  # bytes of a playlist
_HEAD: Final = 1024  # bytes that say what an unnamed body is
_JPEGS: Final = (START, b"--", b"content-type: image/", b"content-length:")
_WORDS: Final = ("text/html", "application/xhtml+xml", "application/json")


def look(where: Address) -> Kind:
    """Request an address once, read the head of the response, close the connection, and return what the address is.

    Of a playlist of playlists the first one is asked for, too.

    Raises:
        SourceError: If the address does not answer, or answers with an error; a subclass says why.
        NoVideoError: If it sends a page or other text.
    """
    with our_errors(where), client_of(where) as (client, target):
        try:
            return _look(client, target, where)
        except httpx.RemoteProtocolError:  # not quite HTTP: FFmpeg is less strict
            return Kind.STREAM


def _look(client: httpx.Client, target: str, where: Address) -> Kind:
    with client.stream("GET", target) as response:
        check_status(response, where)
        body = response.iter_bytes()
        if media_type(response).startswith("image/"):
            return Kind.JPEGS if _has_two_pictures(response, body) else Kind.SNAPSHOT
        if media_type(response).startswith("multipart/"):
            return Kind.JPEGS
        begin = _begin(body)
        text = begin.decode("utf-8", "replace").lstrip("\ufeff\r\n ")
        if text.startswith(_PLAYLIST):
            text += _rest(body)
        elif "dash" in media_type(response) or (text.startswith("<?xml") and "<MPD" in text):
            return Kind.STREAM if 'type="dynamic"' in text else Kind.FILM
        else:
            return _of_body(response, begin, where)
        url = str(response.url)
    return Kind.FILM if _ends(client, url, text, _DEEPEST) else Kind.PLAYLIST


def _of_body(response: httpx.Response, begin: bytes, where: Address) -> Kind:
    """Return what an address is if it sends neither pictures nor a playlist."""
    if media_type(response) in _WORDS:
        raise NoVideoError(f"{where.safe} sends {media_type(response)}, and no video", where.safe)
    if _length(response):
        return Kind.FILM
    # JPEGs one after the other; or multipart whose type does not say so, with or without a first boundary.
    is_jpegs = begin.startswith((START, b"--")) or begin.lower().startswith(
        (b"content-type: image/", b"content-length:")
    )
    return Kind.JPEGS if is_jpegs else Kind.STREAM


def _length(response: httpx.Response) -> int:
    """Return the length of a body in bytes; 0 if it is not known."""
    text = str(response.headers.get("content-length", ""))
    return int(text) if text.isdecimal() else 0


def _has_two_pictures(response: httpx.Response, body: Iterator[bytes]) -> bool:
    """Return whether a response that should be one picture is a stream of JPEGs."""
    if _length(response):
        return False
    splitter, pictures, read = JpegSplitter(), 0, 0
    with suppress(httpx.ReadTimeout):
        for data in body:
            pictures += len(list(splitter.feed(data)))
            read += len(data)
            if pictures > 1 or read > LARGEST:
                return True
        return False
    return pictures > 0  # the connection stays open: more pictures will come


def _begin(body: Iterator[bytes]) -> bytes:
    begin = b""
    with suppress(httpx.ReadTimeout):
        while len(begin) < _HEAD and (data := next(body, b"")):
            begin += data
    return begin


def _rest(body: Iterator[bytes]) -> str:
    rest = b""
    for data in body:
        rest += data
        if len(rest) > _LONGEST:
            break
    return rest.decode("utf-8", "replace")


def _ends(client: httpx.Client, url: str, playlist: str, depth: int) -> bool:
    """Return whether a playlist has an end; of one that lists others, whether the first of them has."""
    if _LAST in playlist:
        return True
    lines = [line.strip() for line in playlist.splitlines() if line.strip()]
    followed = [line for tag, line in pairwise(lines) if tag.startswith(_VARIANT)]
    if not followed or not depth:
        return False
    inner = urljoin(url, followed[0])
    if urlsplit(inner).scheme not in ("http", "https"):
        return False
    with client.stream("GET", inner) as response:
        if response.status_code >= httpx.codes.BAD_REQUEST:
            return False
        return _ends(client, str(response.url), _rest(response.iter_bytes()), depth - 1)
