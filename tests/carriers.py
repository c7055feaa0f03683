"""How RTP reaches a client: between the replies of its own connection, or as datagrams."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamWriter
from contextlib import suppress
from typing import Protocol

HOST = "127.0.0.1"


class Carrier(Protocol):
    """Takes a stream's packets to one client."""

    transport: str
    """What SETUP's reply says of it."""

    def send(self, packet: bytes) -> None: ...

    def send_report(self, packet: bytes) -> None: ...

    async def flush(self) -> None: ...

    def close(self) -> None: ...


class Interleaved:
    """RTP over TCP, on the connection that RTSP is spoken on."""

    def __init__(self, writer: StreamWriter, channels: tuple[int, int]) -> None:
        self._writer, self._channels = writer, channels
        self.transport = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"

    def send(self, packet: bytes) -> None:
        self._send(self._channels[0], packet)

    def send_report(self, packet: bytes) -> None:
        self._send(self._channels[1], packet)

    async def flush(self) -> None:
        """Wait for a client that reads slowly: what is kept for it has a bound."""
        await self._writer.drain()
        await asyncio.sleep(0)

    def close(self) -> None:
        """Leave the connection to the conversation."""

    def _send(self, channel: int, packet: bytes) -> None:
        self._writer.write(struct.pack(">cBH", b"$", channel, len(packet)) + packet)


class Datagrams:
    """RTP over UDP, from two neighbouring ports to two of the client's. What a full buffer cannot take is lost."""

    def __init__(self, client_ports: tuple[int, int]) -> None:
        self._client_ports = client_ports
        self._sockets = _neighbours()
        first, second = (one.getsockname()[1] for one in self._sockets)
        self.transport = f"RTP/AVP;unicast;client_port={client_ports[0]}-{client_ports[1]};server_port={first}-{second}"

    def send(self, packet: bytes) -> None:
        self._send(0, packet)

    def send_report(self, packet: bytes) -> None:
        self._send(1, packet)

    async def flush(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        for one in self._sockets:
            one.close()

    def _send(self, which: int, packet: bytes) -> None:
        with suppress(BlockingIOError):
            self._sockets[which].sendto(packet, (HOST, self._client_ports[which]))


def _neighbours() -> tuple[socket.socket, socket.socket]:
    """Bind two ports in a row: clients send their reports to the one above that of the pictures."""
    while True:
        first, second = _datagram_socket(), _datagram_socket()
        first.bind((HOST, 0))
        try:
            second.bind((HOST, first.getsockname()[1] + 1))
        except (OSError, OverflowError):
            first.close()
            second.close()
        else:
            return first, second


def _datagram_socket() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(0)
    return one
