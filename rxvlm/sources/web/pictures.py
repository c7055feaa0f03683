"""Pictures over HTTP: an address that is polled for one after the other, and a stream of JPEGs."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Generator, Iterator
from fractions import Fraction
from functools import partial
from typing import Final, cast

import httpx
from av import Packet, VideoStream

from rxvlm.errors import DecodeError, NoVideoError, SourceTimeoutError
from rxvlm.media import jpeg
from rxvlm.media.demux import Demux
from rxvlm.media.picture import Made, Pixels
from rxvlm.sources.opening import open_container
from rxvlm.sources.picture_size import shape_of
from rxvlm.sources.running.arrivals import Arrival
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.reconnect import Nothing
from rxvlm.sources.web.client import check_status, client_of, media_type, our_errors
from rxvlm.sources.web.jpegs import LARGEST, JpegSplitter, size_of_jpeg
from rxvlm.uri import Address

_NO_PICTURE_SECONDS: Final = 3.0  # of bytes in which there is no JPEG
_NO_PICTURE_BYTES: Final = 4 * 2**20
_LOOK_SECONDS: Final = 1.0
_NOT_MODIFIED: Final = 304
_log = logging.getLogger("rxvlm")


def poll(where: Address, every: float, session: Session) -> Generator[Arrival | Nothing]:
    """Ask for a picture every so many seconds.

    A server that says that its picture is still the same (by its ETag or its date) sends it only once; the
    picture is then the newest again: the camera sees the same.

    Raises:
        SourceError: If the address does not answer; a subclass says why.
    """
    seen: Arrival | None = None
    condition: dict[str, str] = {}
    with our_errors(where), client_of(where) as (client, target):
        while not session.ending:
            began = time.monotonic()
            with client.stream("GET", target, headers=condition) as response:
                check_status(response, where)
                if response.status_code != _NOT_MODIFIED or seen is None:
                    seen = _picture(b"".join(_bounded(response)))
                    condition = _condition(response) if seen is not None else {}
            yield Nothing.PICTURE if seen is None else seen._replace(arrived=time.time())
            session.wait(every - (time.monotonic() - began))


def _condition(response: httpx.Response) -> dict[str, str]:
    """Return the headers that ask for a picture only if it is another one than this."""
    named = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    return {ask: response.headers[told] for ask, told in named.items() if told in response.headers}


def _bounded(response: httpx.Response) -> Iterator[bytes]:
    read = 0
    for data in response.iter_bytes():
        read += len(data)
        if read > LARGEST:
            return
        yield data


def _picture(data: bytes) -> Arrival | None:
    try:
        shape = shape_of(data)
    except DecodeError:
        return None
    return Arrival(Made(partial(jpeg.decode, data)), shape, 0.0, size=len(data))


def jpegs(where: Address, width: int | None, session: Session) -> Generator[Arrival | Nothing]:
    """Read a stream of JPEGs; they are not decoded.

    Raises:
        NoVideoError: If there is no JPEG in it.
        SourceError: If the connection is lost; a subclass says why.
    """
    splitter, pictures = JpegSplitter(), _Pictures(width)
    began = told = time.monotonic()
    seen = False
    with our_errors(where), client_of(where) as (client, target), client.stream("GET", target) as response:
        check_status(response, where)
        for data in _until_silent(response, where):
            for picture in splitter.feed(data):
                seen, told = True, time.monotonic()
                yield from pictures.arrived(picture, time.time())
            now = time.monotonic()
            if not seen and (now - began > _NO_PICTURE_SECONDS or splitter.passed_over > _NO_PICTURE_BYTES):
                raise NoVideoError(
                    f"{where.safe} sends {media_type(response) or 'bytes'} without a JPEG in it", where.safe
                )
            if now - told >= _LOOK_SECONDS:
                told = now
                yield Nothing.PICTURE
            if session.ending:
                return


def _until_silent(response: httpx.Response, where: Address) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.ReadTimeout:
        raise SourceTimeoutError(f"{where.safe} sends nothing any more", where.safe) from None


class _Pictures:
    """Makes lazy pictures from JPEGs; all pictures of one size share their decoders."""

    def __init__(self, width: int | None) -> None:
        self._width = width
        self._size: tuple[int, int] | None = None
        self._count = 0

    def arrived(self, data: bytes, arrived: float) -> Iterator[Arrival]:
        size = size_of_jpeg(data)
        if size is None:
            return
        if size != self._size:
            self._begin(data)
            self._size = size
        packet = cast("Packet[VideoStream]", Packet(data))
        packet.pts = packet.dts = self._count
        packet.time_base, packet.is_keyframe = self._time_base, True
        self._count += 1
        for shown in self._demux.push(packet):
            yield Arrival(cast("Pixels", shown.pixels), shown.shape, arrived, size=shown.size)

    def _begin(self, data: bytes) -> None:
        with open_container(cast("str", io.BytesIO(data)), options={}) as container:
            stream = container.streams.video[0]
            self._demux, self._time_base = Demux(stream, self._width), stream.time_base or Fraction(1, 25)
