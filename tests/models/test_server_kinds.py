"""What a server is: found out by asking it once, or said outright; and whether it is ready."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from chatting import Heard, mp4_clip

from rxvlm.models import named, structured
from rxvlm.models.openai_compatible import ChatVlm

ANSWER = {"choices": [{"message": {"content": '{"cars": 1}'}, "finish_reason": "stop"}], "usage": {}}


class Kind:
    """A server on loopback that has some pages, and answers every question.

    Args:
        pages: JSON by path, for GET; any other path is a 404.
        header: The Server header.
        starting: How many questions get a 503 first.
    """

    def __init__(self, pages: dict[str, Any], header: str = "uvicorn", starting: int = 0) -> None:
        self.pages, self.header, self.starting = pages, header, starting
        self.gets: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    @contextmanager
    def run(self) -> Generator[str]:
        kind = self

        class Handler(BaseHTTPRequestHandler):
            def version_string(self) -> str:
                return kind.header

            def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - silent
                pass

            def do_GET(self) -> None:
                kind.gets.append(self.path)
                page = kind.pages.get(self.path)
                self.send(404 if page is None else 200, page)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                kind.bodies.append(body)
                if kind.starting >= len(kind.bodies):
                    self.send(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})
                else:
                    self.send(200 if body["messages"] else 400, ANSWER if body["messages"] else {"error": "empty"})

            def send(self, status: int, page: object) -> None:
                said = json.dumps(page).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            server.server_close()


def models(owner: str) -> dict[str, Any]:
    return {"/v1/models": {"object": "list", "data": [{"id": "m", "owned_by": owner}]}}


KINDS = {
    "vllm": Kind(models("vllm")),
    "vllm with owners of its own": Kind({**models("acme"), "/version": {"version": "0.11.2"}}),
    "sglang": Kind(models("sglang")),
    "llamacpp": Kind(models("llamacpp"), "llama.cpp"),
    "llamacpp without a list": Kind({}, "llama.cpp"),
    "ollama": Kind(models("library"), ""),
    "lmstudio": Kind(models("organization_owner"), ""),
    "any": Kind(models("acme")),
    "any that knows nothing": Kind({}, ""),
    "any that lies": Kind({"/v1/models": [3], "/version": "0.11"}, ""),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_it_is_found_out_once(kind: Kind, request: pytest.FixtureRequest) -> None:
    """A server at an unknown address is asked what it is before the first question; the repr says the result."""
    name = request.node.callspec.id.split()[0]
    kind.gets.clear()
    with kind.run() as url:
        vlm = named(f"openai:m@{url}")
        assert "until it is asked" in repr(vlm)
        for _ in range(2):
            Heard(vlm.ask(mp4_clip(), "?")).wait()
        assert f"server='{name}'" in repr(vlm)
        assert len(kind.gets) == len(set(kind.gets)) > 0


def test_what_was_found_out_is_used() -> None:
    """A vLLM of one's own gets its number of frames, and a schema in its own field, from the first question on."""
    kind = Kind(models("vllm"))
    with kind.run() as url:
        vlm = structured(named(f"openai:m@{url}"), dict[str, int])
        assert Heard(vlm.ask(mp4_clip(), "?")).wait().pieces[-1].value == {"cars": 1}
    (body,) = kind.bodies
    assert body["media_io_kwargs"] == {"video": {"num_frames": 8}}
    assert body["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llamacpp", "ollama", "lmstudio"])
def test_a_kind_can_be_said_outright(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``vllm:NAME@URL`` and the others ask nothing; without a URL they mean the usual address on this machine."""
    monkeypatch.setenv("RXVLM_API_KEY", "sk-own")
    vlm = named(f"{kind}:qwen2.5-vl:7b@http://gpu:9000/v1")
    assert repr(vlm) == f"openai_compatible('http://gpu:9000/v1/chat/completions', 'qwen2.5-vl:7b', server='{kind}')"
    assert isinstance(vlm, ChatVlm)
    assert vlm.endpoint.headers == {"Authorization": "Bearer sk-own"}
    assert "http://localhost:" in repr(named(f"{kind}:qwen2.5-vl:7b"))
    with pytest.raises(ValueError, match=r"did you mean http://127\.0\.0\.1:8000/v1"):
        named(f"{kind}:llava@127.0.0.1:8000/v1")


def test_a_server_that_cannot_be_reached_is_asked_again_later() -> None:
    """It may be starting: what it is, is found out as soon as it answers."""
    kind = Kind(models("vllm"))
    with kind.run() as url:
        pass
    vlm = named(f"openai:m@{url}")
    assert Heard(vlm.ask(mp4_clip(), "?")).wait().error is not None
    assert "until it is asked" in repr(vlm)


def test_whether_it_is_ready() -> None:
    """A server that loads its model says so; one that is ready refuses an empty question, and nothing is billed."""
    kind = Kind({}, starting=2)
    with kind.run() as url:
        vlm = named(f"vllm:m@{url}")
        assert isinstance(vlm, ChatVlm)
        assert [vlm.why_not_ready() for _ in range(3)] == ["Loading model", "Loading model", ""]
    assert "cannot be reached" in vlm.why_not_ready()
    assert all(body["messages"] == [] for body in kind.bodies)
