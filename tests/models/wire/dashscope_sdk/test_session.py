from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import WATCHDOG
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rxvlm.errors import (
    BadAnswerError,
    ModelDroppedError,
    ModelError,
    ModelFailedError,
    ModelTimeoutError,
    ModelUnreachableError,
)
from rxvlm.models.wire.dashscope_sdk import session as session_module
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.dashscope_sdk.session import MARK, CallFailed, CallSession
from rxvlm.testing.server import FakeServer, Reply

pytestmark = pytest.mark.usefixtures("clean_environment")

KEY = "sk-very-secret"
BODY = json.dumps({"model": "m", "input": {}}).encode()


def nothing(_status: int, _body: bytes, _headers: Mapping[str, str]) -> ModelError | None:
    """Find no fault."""


def post(
    url: str,
    *,
    line: CallSocket | None = None,
    check: Any = nothing,
    stream: bool = False,
    timeout: Any = WATCHDOG,
    **more: Any,
) -> requests.Response:
    """Send one request as the SDK does."""
    clips: Sequence[bytes] = more.pop("clips", ())
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **more.pop("headers", {})}
    if stream:
        headers["X-DashScope-SSE"] = "enable"
    line = line or CallSocket()
    with closing(line), closing(CallSession("qwen", KEY, line, check, clips)) as session:
        reply = session.post(url, stream=stream, data=more.pop("data", BODY), headers=headers, timeout=timeout)
        if stream:
            reply.lines = list(reply.iter_lines())  # pyright: ignore[reportAttributeAccessIssue] - to be looked at later
        return reply


def generation(server: FakeServer) -> str:
    return f"{server.dashscope_url}/services/aigc/multimodal-generation/generation"


def failure(url: str, **how: Any) -> ModelError:
    with pytest.raises(CallFailed) as failed:
        post(url, **how)
    return failed.value.error


def test_an_answer_is_read_whole() -> None:
    """Status, headers and body are those that were sent."""
    with FakeServer("a cat") as server:
        reply = post(generation(server))
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json()["output"]["choices"][0]["message"]["content"] == [{"text": "a cat"}]


def test_a_stream_is_read_as_it_comes() -> None:
    """Its lines are those that were sent."""
    with FakeServer("a cat") as server:
        reply: Any = post(generation(server), stream=True)
    assert [line for line in reply.lines if line.startswith(b"event")] == [b"event:result"] * 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("drop", ModelDroppedError),
        ("reset", ModelDroppedError),
        ("drop_body", ModelDroppedError),
        ("stream_drop", ModelDroppedError),
        ("stall", ModelTimeoutError),
        ("stall_body", ModelTimeoutError),
        ("stream_stall", ModelTimeoutError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_that_breaks_is_not_made_again(fault: Any, kind: type[ModelError], *, stream: bool) -> None:
    """One request was sent and may be billed, so it is not sent again."""
    with FakeServer(Reply(fault=fault)) as server:
        error = failure(generation(server), stream=stream, timeout=(WATCHDOG, 0.2))
        assert len(server.requests) == 1
    assert (type(error), error.retryable) == (kind, False)


def test_where_nobody_listens_nothing_is_billed() -> None:
    """A refused connection may be tried again; the error says where it was."""
    with FakeServer() as server:
        url = generation(server)
    error = failure(url.replace("//", "//me:pass@"))
    assert (type(error), error.retryable) == (ModelUnreachableError, True)
    assert str(error) == f"qwen cannot be reached at {server.url.removeprefix('http://')}: Connection refused"


def test_no_name_no_connection() -> None:
    """A host that does not exist is one that cannot be reached."""
    error = failure("http://nowhere.invalid/v1")
    assert (type(error), error.retryable) == (ModelUnreachableError, True)


def test_every_request_has_a_connection_of_its_own() -> None:
    """No connection is used twice, not even within a call."""
    line = CallSocket()
    with FakeServer() as server, closing(line), closing(CallSession("qwen", KEY, line, nothing)) as session:
        for _ in range(3):
            session.post(generation(server), data=BODY, timeout=WATCHDOG)
        assert [request.connection for request in server.requests] == [0, 1, 2]
        server.wait_until(lambda: server.connections == 0)


def test_a_redirect_is_not_followed() -> None:
    """The key and the clip are for one address."""
    with FakeServer(Reply(fault="redirect")) as server:
        assert post(generation(server)).status_code == 302
        assert len(server.requests) == 1


def test_a_netrc_does_not_replace_the_key(clean_environment: Path) -> None:
    """A default login in a ~/.netrc is not used."""
    netrc = clean_environment / ".netrc"
    netrc.write_text("default login me password pass\n")
    netrc.chmod(0o600)
    with FakeServer() as server:
        post(generation(server))
        post(generation(server).replace("//", "//me:pass@"))
        assert {request.headers["Authorization"] for request in server.requests} == {f"Bearer {KEY}"}


def test_no_cookie_goes_from_call_to_call() -> None:
    """What a server sets for one key is not shown with another."""
    with FakeServer(Reply(headers={"Set-Cookie": "who=me; Path=/"})) as server:
        post(generation(server))
        post(generation(server), headers={"Authorization": "Bearer sk-other"})
        assert [request.headers["Cookie"] for request in server.requests] == [None, None]


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the SDK does."""
    with FakeServer() as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        assert post(generation(server).replace(server.url, "http://dashscope.example")).status_code == 200
        assert [request.headers["Host"] for request in server.chats] == ["dashscope.example"]


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of an answer is bounded."""
    monkeypatch.setattr(session_module, "_MOST", 100)
    with FakeServer("x" * 200) as server:
        error = failure(generation(server))
    assert (type(error), str(error)) == (BadAnswerError, "qwen sent more than 100 bytes")


def test_the_check_judges_every_answer() -> None:
    """An error that it finds is raised instead of the reply; the key is removed from what it sees."""
    seen = list[tuple[int, bytes]]()

    def check(status: int, body: bytes, headers: Mapping[str, str]) -> ModelError:
        seen.append((status, body))
        return ModelFailedError("wrong", request_id=headers["x-request-id"])

    with FakeServer(Reply(status=500, body=f"the key {KEY} is odd".encode())) as server:
        error = failure(generation(server), check=check)
        assert error.request_id == server.requests[0].id
    assert seen == [(500, b"the key *** is odd")]


def test_the_check_judges_every_event() -> None:
    """With the status that the event says."""
    seen = list[tuple[int, str]]()

    def check(status: int, body: bytes, _headers: Mapping[str, str]) -> ModelError | None:
        seen.append((status, json.loads(body).get("code", "")))
        return ModelFailedError("wrong") if status != 200 else None

    with FakeServer(Reply(fault="stream_error", status=429)) as server:
        error = failure(generation(server), check=check, stream=True)
    assert str(error) == "wrong"
    assert seen == [(200, ""), (429, "Throttling.RateQuota")]


def test_clips_are_filled_in_while_they_are_sent() -> None:
    """A mark in a body becomes the clip in base64, and the length is said beforehand."""
    clips = [bytes(range(256)) * 1000, b"x"]
    body = json.dumps({"input": [MARK, {"video": MARK}]}).encode()
    with FakeServer() as server:
        post(generation(server), data=body, clips=clips)
        (request,) = server.requests
    first, second = (base64.b64encode(clip).decode() for clip in clips)
    assert request.json == {"input": [first, {"video": second}]}
    assert request.headers["Content-Length"] == str(len(request.body))


@contextmanager
def tls_server(folder: Path) -> Generator[tuple[str, Path]]:
    """Serve 'hello' over TLS; yield the address and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    class Hello(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the base class says so

    server = HTTPServer(("127.0.0.1", 0), Hello)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/", files[0]
    finally:
        server.shutdown()
        serving.join(WATCHDOG)
        server.server_close()


def test_a_ca_bundle_of_the_environment_is_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A company's own certificate authority is accepted; without it the error is not retryable."""
    with tls_server(tmp_path) as (url, certificate):
        error = failure(url)
        assert (type(error), error.retryable) == (ModelUnreachableError, False)
        assert "certificate verify failed" in str(error)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        line = CallSocket()
        assert post(url, line=line).content == b"hello"
        assert line.ready


@pytest.mark.parametrize(
    ("scheme", "size", "kind"),
    [
        pytest.param("https", 2, ModelUnreachableError, id="handshake"),
        pytest.param("http", 50_000_000, ModelDroppedError, id="sending"),
        pytest.param("http", 2, ModelDroppedError, id="waiting"),
    ],
)
def test_hanging_up_wakes_a_call_in_every_phase(scheme: str, size: int, kind: type[ModelError]) -> None:
    """The server accepts the connection, reads a little, and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        line, failures = CallSocket(), list[ModelError]()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
        calling = threading.Thread(target=lambda: failures.append(failure(url, line=line, data=bytes(size))))
        calling.start()
        connection, _ = listener.accept()
        with closing(connection):
            assert connection.recv(1)  # its hello, or its request
            line.hang_up()
            calling.join(WATCHDOG)
            assert not calling.is_alive()
    assert [type(error) for error in failures] == [kind]


def test_a_call_that_was_hung_up_sends_nothing() -> None:
    """If a call is disposed of while it connects, nothing is sent and billed."""
    line = CallSocket()
    line.hang_up()
    with FakeServer() as server:
        assert isinstance(failure(generation(server), line=line), ModelUnreachableError)
        server.wait_until(lambda: server.connections == 0)
        assert server.requests == []


def test_a_server_that_answers_before_it_has_read_is_heard() -> None:
    """A refusal in the middle of a large body is the result, not the broken pipe."""

    def refuse(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with closing(connection):
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):  # read on: else the answer may be lost with the connection
                pass

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        serving = threading.Thread(target=refuse, args=(listener,))
        serving.start()
        reply = post(f"http://127.0.0.1:{listener.getsockname()[1]}/", data=bytes(5_000_000))
        serving.join(WATCHDOG)
    assert (reply.status_code, reply.content) == (413, b"big")
