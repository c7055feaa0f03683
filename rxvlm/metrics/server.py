"""MetricsServer: the metrics over HTTP, by default for this machine only."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, cast
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app  # pyright: ignore[reportUnknownVariableType] - its app has no types

from rxvlm.arguments import describe
from rxvlm.concurrency.threads import daemon

_LOOPBACK: Final = "127.0.0.1"
_LISTEN: Final = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[^:\[\]/@\s]+):)?(\d{1,5})")
_MOST_PORTS: Final = 65_535
_SILENT_SECONDS: Final = 10  # of a connection on which no request comes

_App: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]


class MetricsServer:
    """Serves metrics at ``http://HOST:PORT/metrics`` on threads of its own, until it is closed; a context manager.

    A request whose ``Host`` is a name that this server does not have is refused: so no page that a browser shows can
    read the metrics by a name of its own that leads here (DNS rebinding).

    Args:
        registry: The metrics.
        listen: ``"PORT"`` or ``"HOST:PORT"``; an IPv6 address in brackets. Port 0 is a free one.

    Raises:
        OSError: If it cannot listen there; the message says why.
        ValueError: If the address is malformed.
    """

    def __init__(self, registry: CollectorRegistry, listen: str) -> None:
        host, port = parsed_listen(listen)
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
            self._server = _Server(family, (str(address[0]), port))
        except OSError as error:
            raise OSError(f"metrics cannot be served at {listen}: {error.strerror or error}") from None
        self._server.set_app(_guarded(cast("_App", make_wsgi_app(registry)), host, str(address[0])))
        self._host = f"[{host}]" if ":" in host else host
        self._thread = daemon("rxvlm-metrics", self._server.shutdown)(self._server.serve_forever)
        self._thread.start()

    def __repr__(self) -> str:
        return f"MetricsServer({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the metrics are."""
        return f"http://{self._host}:{self._server.server_port}/metrics"

    def close(self) -> None:
        """Stop serving; the port is free again."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingMixIn, WSGIServer):
    """A server of an address family."""

    daemon_threads = True

    def __init__(self, family: socket.AddressFamily, address: tuple[str, int]) -> None:
        self.address_family = family
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Listen; without looking up the machine's own name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    """Serves a connection, without a line on stderr for each request."""

    timeout = _SILENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Log nothing."""


def parsed_listen(listen: str) -> tuple[str, int]:
    """Return the host and the port of ``[HOST:]PORT``.

    >>> parsed_listen("9464"), parsed_listen("0.0.0.0:9464"), parsed_listen("[::1]:0")
    (('127.0.0.1', 9464), ('0.0.0.0', 9464), ('::1', 0))

    Raises:
        ValueError: If it is something else.
    """
    found = _LISTEN.fullmatch(listen) if isinstance(listen, str) else None  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
    if found is None or int(found[2]) > _MOST_PORTS:
        raise ValueError(f"metrics are served at PORT or HOST:PORT, as in 9464 or 0.0.0.0:9464, not {describe(listen)}")
    return (found[1] or _LOOPBACK).strip("[]"), int(found[2])


def _guarded(app: _App, *told: str) -> _App:
    """Return an app that refuses requests that name a host that this server does not have.

    Args:
        app: The app.
        told: The host that it listens at, as the user named it, and its address.
    """

    def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        host = environ.get("HTTP_HOST", "")
        if host and not _is_own(host, told):
            start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"This server has another name than the Host of the request.\n"]
        return app(environ, start_response)

    return guarded


def _is_own(host: str, told: tuple[str, ...]) -> bool:
    """Return whether a Host header names this server: no name that someone else may lead here."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name == "localhost" or name in {one.lower() for one in told}:
        return True
    local = _is_loopback(told[-1])
    try:
        return ip_address(name).is_loopback or not local
    except ValueError:
        return not local and name == socket.gethostname().lower()


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback
