"""Questions for the fake server, and the reading of its replies."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import httpx
import pytest
from conftest import WATCHDOG

from rxvlm.testing.server import FakeServer

NATIVE = "/api/v1/services/aigc/multimodal-generation/generation"
OPENAI = "/v1/chat/completions"
DIALECTS = pytest.mark.parametrize("path", [NATIVE, OPENAI], ids=["native", "openai"])
SSE = {"X-DashScope-SSE": "enable"}


def question(path: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": [*parts, {"type": "text", "text": "What is it?"}]}]
    asked = {"messages": messages} if path == OPENAI else {"input": {"messages": messages}}
    return {"model": "m", **asked, **fields}


def ask(server: FakeServer, client: httpx.Client, path: str = OPENAI, *parts: dict[str, Any]) -> httpx.Response:
    return client.post(server.url + path, json=question(path, *parts))


def stream(server: FakeServer, client: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    return client.post(server.url + path, json=question(path, stream=True, **fields), headers=SSE)


def knock(server: FakeServer) -> socket.socket:
    """Ask by hand, and leave the reply unread."""
    line = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), WATCHDOG)
    body = json.dumps(question(OPENAI)).encode()
    line.sendall(b"POST %b HTTP/1.1\r\nHost: fake\r\nContent-Length: %d\r\n\r\n%b" % (OPENAI.encode(), len(body), body))
    return line


def read(line: socket.socket) -> bytes:
    """Read to the end of the connection."""
    return b"".join(iter(lambda: line.recv(65536), b""))


def said(response: httpx.Response) -> Any:
    read = response.json()
    return read["choices"][0] if "choices" in read else read["output"]["choices"][0]


def events(response: httpx.Response) -> list[Any]:
    return [json.loads(data) for data in re.findall(r"^data: ?(\{.*)$", response.text, re.MULTILINE)]
