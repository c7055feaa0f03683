"""A secret in an address, wherever it stands, is found in nothing that is raised, logged, shown or printed."""

from __future__ import annotations

import inspect
import logging
import os
import random
import socket
import string
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from conftest import WATCHDOG
from typer.testing import CliRunner

import rxvlm
from rxvlm import sinks
from rxvlm.cli.app import app
from rxvlm.errors import RxvlmError, UriError
from rxvlm.sinks import addresses
from rxvlm.sources.probe import probe
from rxvlm.uri import address, safe_address, without_secrets

MARK = "s3cr3tMARK"
SCHEMES = ("rtsp://", "rtsps://", "http://", "https://", "rtmp://", "srt://", "ftp://", "file://")
SLIPS = ("", "//", "rtsp:/", "rtsp:", "rtsp//", "rtsp:///", "rtsp:\\\\")
KEYS = (
    *("password", "passwd", "pwd", "pass", "loginpas", "psw", "p", "pw", "PASSWORD", "user_pass", "login[password]"),
    *("token", "access_token", "api_key", "apikey", "secret", "auth", "sig", "X-Amz-Signature", "session_id", "code"),
)


def every_place(host: str) -> list[str]:
    """Return an address for each place where a secret may stand in it."""
    raw = [f"{mark}{letter}{MARK}" for letter in string.punctuation for mark in ("", "12", "ab")]
    raw += [f"{MARK}{letter}x" for letter in string.punctuation] + [f"p@ss/{MARK}", f"a b/{MARK}", f"[{MARK}]", MARK]
    queries = [f"?user=a&{key}={MARK}&x=1" for key in KEYS] + [f";{key}={MARK}" for key in KEYS]
    paths = [f"/user=admin_password={MARK}_channel=1_stream=0.sdp?real_stream", f"/user=a&password={MARK}&channel=1"]
    return [
        *(f"rtsp://admin:{password}@{host}/cam" for password in raw),
        *(f"{begin}admin:{MARK}@{host}/cam" for begin in (*SCHEMES, *SLIPS)),
        *(f"http://{host}/v{query}" for query in queries),
        *(f"rtsp://{host}{path}" for path in paths),
        *(f"{host}/v{rest}" for rest in (*queries, *paths)),
        *(f"rtsp://admin:{MARK}{rest}" for rest in ("/cam", "", ":554", "%40cam/1")),
        f"rtsp://{MARK}@{host}/cam",
        f"demo:yard?password={MARK}",
    ]


def any_place(seed: int) -> str:
    """Return an address with a secret in its login or in a setting, and arbitrary characters around it."""
    dice = random.Random(seed)

    def some(letters: str, most: int) -> str:
        return "".join(dice.choices(letters, k=dice.randint(0, most)))

    before, after = (some(string.ascii_letters + string.digits + string.punctuation, 6) for _ in range(2))
    tail = dice.choice(["", "/", "/live/1", "/v?x=1", "/v?mail=me@home", "/v?token=t&y=2", "/s.jpg#every=2"])
    host = dice.choice(["cam", "10.0.0.7", "cam.lan:554", "[::1]:8554"])
    if dice.random() < 0.6:
        return f"{dice.choice(SCHEMES)}{some(string.ascii_letters, 5)}:{before}{MARK}{after}@{host}{tail}"
    return f"{dice.choice(SCHEMES)}{host}/v{dice.choice('?;&/')}{dice.choice(KEYS)}={before.replace('&', '')}{MARK}"


def all_said(error: BaseException | None) -> str:
    """Return everything that an error, and those that it refers to, say."""
    said = ""
    while error is not None:
        said += f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return said


def shown(uri: str) -> str:
    """Return everything that is ever shown of an address, or of the error about it."""
    try:
        where = address(uri)
    except UriError as refused:
        return all_said(refused)
    return f"{where!r} {where.safe} {where.name}"


@pytest.mark.parametrize("uri", every_place("127.0.0.1:9"))
def test_an_address_hides_a_secret_in_each_place(uri: str) -> None:
    """Neither what is shown of it, nor its error, nor a text that contains it, has the secret."""
    assert MARK not in shown(uri)
    if " " not in uri:
        assert MARK not in without_secrets(f"cannot open '{uri}', sorry")


def test_an_address_hides_a_secret_among_any_characters() -> None:
    """The same for three thousand arbitrary addresses."""
    uris = [any_place(seed) for seed in range(3000)]
    leaks = [uri for uri in uris if MARK in shown(uri) + safe_address(uri) + without_secrets(uri)]
    assert not leaks


@pytest.mark.parametrize(("raw", "code"), [("#", "%23"), ("?", "%3F"), ("/", "%2F")])
@pytest.mark.parametrize("before", ["12", "ab", "p@"])
def test_a_delimiter_in_a_password_is_an_error_that_says_how_to_write_it(raw: str, code: str, before: str) -> None:
    """FFmpeg would take what stands before it for the host."""
    with pytest.raises(UriError, match=f"password.*{code} for [{raw}]"):
        address(f"rtsp://admin:{before}{raw}Hunter2@127.0.0.1:9/cam")
    written = address(f"rtsp://admin:{before.replace('@', '%40')}{code}Hunter2@127.0.0.1:9/cam")
    assert (written.kind, written.safe) == ("rtsp", "rtsp://127.0.0.1:9/cam")


@pytest.mark.parametrize("uri", ["http://cam/v?mail=me@home", "rtsp://u:p@cam/live@main", "http://[::1]:80/a?fps=3"])
def test_an_address_that_may_be_meant_so_is_opened(uri: str) -> None:
    """Without doubt, an @ in a path or in a setting is no error."""
    assert address(uri).target == uri


@pytest.mark.parametrize("rest", ["", "/", "/v?fps=5&width=320", "/h264/ch1/main", "/c/1;track=2"])
def test_what_is_no_secret_is_shown(rest: str) -> None:
    """Hosts, ports, paths and other settings stay, in an address and in a text."""
    assert safe_address(f"rtsp://u:p@cam:554{rest}") == f"rtsp://cam:554{rest}"
    assert without_secrets(f"no: 'rtsp://u:p@cam:554{rest}'!") == f"no: 'rtsp://cam:554{rest}'!"


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    """Return an address of this machine at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


OPENED = [
    f"rtsp://admin:{MARK}@HOST/cam",
    f"http://admin:{MARK}@HOST/cam",
    f"http://HOST/v?loginpas={MARK}&p={MARK}",
    f"rtsp://HOST/user=admin_password={MARK}_channel=1_stream=0.sdp",
    f"rtsp://HOST/cam;pwd={MARK}",
    f"rtsp://admin:12#{MARK}@HOST/cam",
    f"admin:{MARK}@HOST/cam",
    f"HOST/user=a_password={MARK}_channel=1",
    f"demo:yard?password={MARK}",
]


@pytest.mark.parametrize("uri", OPENED)
def test_nothing_that_probe_raises_or_prints_has_a_secret(uri: str, closed: str) -> None:
    """Neither the error, nor those that it refers to, nor the command line."""
    uri = uri.replace("HOST", closed)
    with pytest.raises(RxvlmError) as raised:
        probe(uri)
    assert MARK not in all_said(raised.value)
    printed = CliRunner().invoke(app, ["probe", uri])
    assert printed.exit_code == 2
    assert MARK not in printed.output + all_said(printed.exception)


@pytest.mark.parametrize("uri", OPENED)
def test_nothing_that_a_camera_tells_has_a_secret(uri: str, closed: str, caplog: pytest.LogCaptureFixture) -> None:
    """A camera that cannot be reached is told by its ledger, its table and the log."""
    said: list[str] = []
    over = threading.Event()

    def on_state(*told: str) -> None:
        said.append(repr(told))
        if "waiting" in told:
            over.set()

    def on_error(error: Exception) -> None:
        said.append(all_said(error))
        over.set()

    ledger = rxvlm.Ledger("", on_state=on_state)
    with caplog.at_level(logging.DEBUG), suppress(UriError):
        video = rxvlm.video(uri.replace("HOST", closed), ledger=ledger)
        subscription = video.subscribe(on_error=on_error)
        assert over.wait(WATCHDOG)
        subscription.dispose()
        said.append(f"{video!r} {video.name} {video.uri} {ledger!r} {ledger.snapshot()}")
        assert all(MARK not in one for one in (*said, caplog.text))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing: a server logs the addresses that it is asked for."""


@pytest.fixture
def film_server(films: Callable[[str], Path]) -> Iterator[str]:
    """Return the address of a server that has ``h264-camera.mp4``, whatever the login and the settings."""
    folder = partial(_Quiet, directory=str(films("h264-camera").parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "uri", [f"http://u:{MARK}@HOST/h264-camera.mp4", f"http://HOST/h264-camera.mp4?token={MARK}&pwd={MARK}"]
)
@pytest.mark.parametrize("json", [["--json"], []])
def test_nothing_that_is_printed_or_saved_has_a_secret(
    uri: str, json: list[str], film_server: str, tmp_path: Path
) -> None:
    """A film that is watched over HTTP is named without its secrets in lines, JSON, clips and the names of files."""
    uri = uri.replace("HOST", film_server)
    printed = CliRunner().invoke(app, ["watch", uri, "--every", "1", "--save", str(tmp_path), *json])
    assert printed.exit_code == 0, printed.output
    saved = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert saved
    assert all(MARK.encode() not in str(path).encode() + path.read_bytes() for path in saved)
    assert "h264-camera" in printed.output
    assert MARK not in printed.output


def test_no_sink_shows_a_secret() -> None:
    """Not its repr, nor the error for its address, nor what that error refers to."""
    for address_ in (*every_place("127.0.0.1:9"), *map(any_place, range(1000))):
        said: list[str] = [addresses.shown(address_)]
        try:
            said.append(repr(sinks.sink_from(address_)))
        except ValueError as error:
            at: BaseException | None = error
            while at is not None:
                said.append(repr(at))
                at = at.__context__
        assert not any(MARK in text for text in said), address_


def test_no_signature_shows_the_environment() -> None:
    """Keys are variables: a default that is the environment itself would print them in `help`, and as an error."""
    for name in ("rxvlm.door.finding", "rxvlm.service.loading", "rxvlm.service.systemd", "rxvlm.store"):
        import_module(name)
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "rxvlm"]
    things = [thing for module in modules for thing in vars(module).values() if inspect.getmodule(thing) in modules]
    made = [one for thing in things if inspect.isclass(thing) for one in vars(thing).values()]
    functions = [one for one in (*things, *made) if inspect.isfunction(one)]
    assert len(functions) > 1000
    shown = [
        one for one in functions if any(at.default is os.environ for at in inspect.signature(one).parameters.values())
    ]
    assert shown == []
