"""Cameras that speak HTTP, for tests: JPEGs for ever, or a playlist that slides (HLS, RFC 8216)."""

from __future__ import annotations

import io
import math
import re
from abc import abstractmethod
from asyncio import StreamReader, StreamWriter
from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from itertools import count, pairwise
from pathlib import Path
from typing import cast

import av
import cv2
from av import Packet, VideoStream
from film import card
from live_server import LiveServer
from rtp import CLOCK_RATE, Film264, Picture
from text_protocol import CHALLENGE, head, read_request, reply

PROTOCOL = "HTTP/1.1"


class HttpServer(LiveServer):
    """What both have in common: one request after the other, and who may look."""

    scheme = "http"

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        while request := await read_request(reader):
            await self.clock.running()
            if not self.allows(request.headers.get("authorization")):
                writer.write(reply(PROTOCOL, 401, CHALLENGE))
            elif not await self.answer(request.path, reader, writer):
                writer.write(reply(PROTOCOL, 404, {}))
            await writer.drain()

    @abstractmethod
    async def answer(self, path: str, reader: StreamReader, writer: StreamWriter, /) -> bool:
        """Write what is at a path; False, and nothing written, if nothing is there."""


class MjpegServer(HttpServer):
    """One camera at ``http://127.0.0.1:PORT/cam``: `card` 0, 1, 2, ... for each client, as multipart JPEGs.

    Args:
        port: Where to listen; 0 takes a free port.
        user: Who may look; everybody if None.
        password: The user's.
        rate: Pictures per second.
        size: Their (width, height).
    """

    path = "/cam"

    def __init__(
        self,
        *,
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        rate: float = 10.0,
        size: tuple[int, int] = (160, 120),
    ) -> None:
        super().__init__(port=port, user=user, password=password)
        self._rate, self._size = rate, size

    async def answer(self, path: str, reader: StreamReader, writer: StreamWriter) -> bool:
        if path != self.path:
            return False
        headers = {"Content-Type": "multipart/x-mixed-replace;boundary=picture", "Connection": "close"}
        writer.write(head(PROTOCOL, 200, headers))
        player = self.spawn(self._play(writer))
        try:
            await reader.read()  # nothing more is asked: this ends when the client leaves
        finally:
            player.cancel()
        return True

    async def _play(self, writer: StreamWriter) -> None:
        with self.one_more_client():
            start = self.clock.now()
            for index in count():
                await self.clock.until(start + index / self._rate)
                jpeg = cv2.imencode(".jpg", card(index, *self._size), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
                headers = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                writer.write(headers.encode() + jpeg + b"\r\n")
                await writer.drain()


class HlsServer(HttpServer):
    """A live playlist at ``http://127.0.0.1:PORT/live.m3u8``: a clip for ever, one segment per group of pictures.

    Its clients are the connections that are open.

    Args:
        clip: A file with H.264 in it, of closed groups; looped, its timestamps going on.
        port: Where to listen; 0 takes a free port.
        user: Who may look; everybody if None.
        password: The user's.
        window: How many segments the playlist lists. It slides on when the first has been played.
        speed: Seconds of film per second of wall time.
    """

    path = "/live.m3u8"

    def __init__(
        self,
        clip: Path,
        *,
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        window: int = 4,
        speed: float = 1.0,
    ) -> None:
        super().__init__(port=port, user=user, password=password, speed=speed)
        self._segments = Segments(clip)
        self._window = window

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        with self.one_more_client():
            await super().serve(reader, writer)

    async def answer(self, path: str, _: StreamReader, writer: StreamWriter) -> bool:
        played = self._segments.played_by(self.clock.now())
        if path == self.path:
            writer.write(reply(PROTOCOL, 200, {"Content-Type": "application/vnd.apple.mpegurl"}, self._list(played)))
            return True
        segment = re.fullmatch(r"/segment(\d+)\.ts", path)
        if segment is None or not played - self._window <= int(segment[1]) < played + self._window:
            return False
        writer.write(reply(PROTOCOL, 200, {"Content-Type": "video/mp2t"}, self._segments.cut(int(segment[1]))))
        return True

    def _list(self, first: int) -> bytes:
        numbers = range(first, first + self._window)
        seconds = {one: self._segments.duration(one) / self.clock.speed for one in numbers}
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{math.ceil(max(seconds.values()))}"]
        return "\n".join([*lines, f"#EXT-X-MEDIA-SEQUENCE:{first}", *_entries(seconds), ""]).encode()


class Segments:
    """The groups of pictures of a clip that is looped for ever, numbered from 0."""

    def __init__(self, clip: Path) -> None:
        self._clip, self._film = clip, Film264.read(clip)
        pictures = self._film.pictures
        cuts = [at for at, picture in enumerate(pictures) if picture.is_idr]
        self._groups = [pictures[one:next_one] for one, next_one in pairwise([*cuts, len(pictures)])]
        self._ends = [*(pictures[at].due for at in cuts[1:]), self._film.duration]

    def played_by(self, moment: float) -> int:
        """How many segments have been played when the film has run for so many seconds."""
        laps, rest = divmod(moment, self._film.duration)
        return int(laps) * len(self._groups) + bisect_right(self._ends, rest)

    def duration(self, number: int) -> float:
        at = number % len(self._groups)
        return self._ends[at] - (self._ends[at - 1] if at else 0.0)

    def cut(self, number: int) -> bytes:
        """Write one segment as MPEG-TS."""
        lap, at = divmod(number, len(self._groups))
        whole = io.BytesIO()
        # Each segment counts its packets from 0: it says so, or its readers think that some are missing.
        options = {"mpegts_flags": "initial_discontinuity"}
        with av.open(str(self._clip), "r") as source, av.open(whole, "w", "mpegts", options) as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for picture in self._groups[at]:
                target.mux(_packet(picture, lap * self._film.duration, stream))
        return whole.getvalue()


def _packet(picture: Picture, later: float, stream: VideoStream) -> Packet[VideoStream]:
    packet = cast("Packet[VideoStream]", Packet(b"".join(b"\x00\x00\x00\x01" + unit for unit in picture.units)))
    packet.time_base = Fraction(1, CLOCK_RATE)
    packet.dts, packet.pts = (round((one + later) * CLOCK_RATE) for one in (picture.due, picture.shown))
    packet.is_keyframe = picture.is_idr
    packet.stream = stream
    return packet


def _entries(seconds: Mapping[int, float]) -> list[str]:
    return [f"#EXTINF:{duration:.3f},\nsegment{number}.ts" for number, duration in seconds.items()]
