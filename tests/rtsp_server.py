"""A camera that speaks RTSP/1.0 (RFC 2326), for tests: one H.264 film for ever, over TCP or UDP."""

from __future__ import annotations

import re
from asyncio import StreamReader, StreamWriter, Task
from collections.abc import Collection, Mapping
from pathlib import Path

from carriers import Carrier, Datagrams, Interleaved
from live_server import LiveServer
from rtp import FIRST_SEQUENCE, FIRST_STAMP, Film264, RtpStream, sdp
from text_protocol import CHALLENGE, Request, read_request, reply

TRACK = "video"
SESSION = "12345678"

Answer = tuple[int, Mapping[str, str], bytes]


class RtspServer(LiveServer):
    """One camera at ``rtsp://127.0.0.1:PORT/cam``; each client is sent the film from its beginning.

    Args:
        clip: A file with H.264 in it; looped, its RTP timestamps going on.
        port: Where to listen; 0 takes a free port.
        user: Who may look; everybody if None.
        password: The user's.
        transports: What SETUP grants, of "tcp" and "udp"; the other gets 461.
        rtcp: Whether to send sender reports, which tell the wall clock.
        speed: Seconds of film per second of wall time; RTP timestamps count the film's.
        keyframes: Whether to send IDR pictures; without, each client is sent the film from its middle.
    """

    scheme, path = "rtsp", "/cam"

    def __init__(
        self,
        clip: Path,
        *,
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        transports: Collection[str] = ("tcp", "udp"),
        rtcp: bool = False,
        speed: float = 1.0,
        keyframes: bool = True,
    ) -> None:
        super().__init__(port=port, user=user, password=password, speed=speed)
        self.film = Film264.read(clip)
        self.transports = transports
        self._rtcp, self._keyframes = rtcp, keyframes
        self._streams: set[RtpStream] = set()

    def switch(self, clip: Path) -> None:
        """Give another clip from the next DESCRIBE or PLAY on; who plays goes on with the old one."""
        self.film = Film264.read(clip)

    def restart_timestamps(self) -> None:
        """Let the RTP timestamps of all who play begin again with the next picture."""
        self._thread.run(self._restart())

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        await Conversation(self, reader, writer).hold()

    async def play(self, carrier: Carrier) -> None:
        """Send the film for ever."""
        stream, start = RtpStream(), self.clock.now()
        self._streams.add(stream)
        try:
            with self.one_more_client():
                for picture in self.film.for_ever(keyframes=self._keyframes):
                    await self.clock.until(start + picture.due)
                    packets = stream.packets(picture)
                    if self._rtcp and (report := stream.report(picture.due)):
                        carrier.send_report(report)
                    for packet in packets:
                        carrier.send(packet)
                    await carrier.flush()
        finally:
            self._streams.discard(stream)
            carrier.close()

    async def _restart(self) -> None:
        for stream in self._streams:
            stream.restart()


class Conversation:
    """One client's connection: its requests are answered in turn, with pictures between the replies."""

    def __init__(self, server: RtspServer, reader: StreamReader, writer: StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._carrier: Carrier | None = None
        self._player: Task[None] | None = None
        self._answers = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "GET_PARAMETER": self._get_parameter,
            "TEARDOWN": self._teardown,
        }

    async def hold(self) -> None:
        """Answer until the client leaves."""
        try:
            while request := await read_request(self._reader):
                await self._server.clock.running()
                status, headers, body = self._answer(request)
                headers = {"CSeq": request.headers.get("cseq", "0"), **headers}
                self._writer.write(reply("RTSP/1.0", status, headers, body))
                await self._writer.drain()
        finally:
            self._end()

    def _answer(self, request: Request) -> Answer:
        if request.method not in self._answers:
            return 501, {}, b""
        if request.method == "OPTIONS":
            return self._options(request)
        if not self._server.allows(request.headers.get("authorization")):
            return 401, CHALLENGE, b""
        if request.path.rstrip("/") not in {self._server.path, f"{self._server.path}/{TRACK}"}:
            return 404, {}, b""
        return self._answers[request.method](request)

    def _options(self, _: Request) -> Answer:
        return 200, {"Public": ", ".join(self._answers)}, b""

    def _describe(self, _: Request) -> Answer:
        headers = {"Content-Type": "application/sdp", "Content-Base": f"{self._server.uri}/"}
        return 200, headers, sdp(self._server.film, TRACK)

    def _setup(self, request: Request) -> Answer:
        self._end()
        for wish in request.headers.get("transport", "").split(","):
            self._carrier = self._grant(wish)
            if self._carrier:
                return 200, {"Session": f"{SESSION};timeout=60", "Transport": self._carrier.transport}, b""
        return 461, {}, b""

    def _play(self, _: Request) -> Answer:
        if self._carrier is None:
            return 455, {}, b""
        if self._player is None:
            self._player = self._server.spawn(self._server.play(self._carrier))
        info = f"url={self._server.uri}/{TRACK};seq={FIRST_SEQUENCE};rtptime={FIRST_STAMP}"
        return 200, {"Session": SESSION, "Range": "npt=now-", "RTP-Info": info}, b""

    def _get_parameter(self, _: Request) -> Answer:
        return 200, {"Session": SESSION}, b""

    def _teardown(self, _: Request) -> Answer:
        self._end()
        return 200, {"Session": SESSION}, b""

    def _grant(self, wish: str) -> Carrier | None:
        """Give what carries the stream as the client wishes, if that is allowed."""
        transports = self._server.transports
        if "tcp" in transports and (found := re.search(r"^\s*RTP/AVP/TCP;.*interleaved=(\d+)-(\d+)", wish)):
            return Interleaved(self._writer, (int(found[1]), int(found[2])))
        if "udp" in transports and (found := re.search(r"^\s*RTP/AVP(?:/UDP)?;.*client_port=(\d+)-(\d+)", wish)):
            return Datagrams((int(found[1]), int(found[2])))
        return None

    def _end(self) -> None:
        """Stop playing, and let the carrier go."""
        if self._player:
            self._player.cancel()
        if self._carrier:
            self._carrier.close()
        self._player = self._carrier = None
