"""Requests and replies as RTSP and HTTP both write them."""

from __future__ import annotations

import base64
from asyncio import StreamReader
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CHALLENGE = {"WWW-Authenticate": 'Basic realm="test camera"'}
REASONS = {
    200: "OK",
    401: "Unauthorized",
    404: "Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: ``"GET"``, ``"DESCRIBE"``, ...
        path: The path of its address.
        headers: Its headers, names in lower case.
    """

    method: str
    path: str
    headers: Mapping[str, str]


async def read_request(reader: StreamReader) -> Request | None:
    """Read the next request, past the binary frames that RTSP clients put between; None when the client left."""
    while (first := await reader.read(1)) == b"$":
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:], "big"))
    if not first:
        return None
    line, *lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    method, address, _ = line.split(" ", 2)
    fields = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, urlsplit(address).path, headers)


def reply(protocol: str, status: int, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Write a whole reply: ``protocol`` is ``"RTSP/1.0"`` or ``"HTTP/1.1"``."""
    return head(protocol, status, {**headers, "Content-Length": str(len(body))}) + body


def head(protocol: str, status: int, headers: Mapping[str, str]) -> bytes:
    """Write a reply's status and headers, for a body without a known end."""
    lines = [f"{protocol} {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def basic(user: str, password: str) -> str:
    """Give the Authorization header of HTTP's Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
