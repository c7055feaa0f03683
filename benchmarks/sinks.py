"""Measure what sinks cost: ``python -m benchmarks.sinks``.

An event through each sink, against the least that could do the same: the JSON alone, by httpx on a new connection,
or into an open file; and a program that does nothing. Wall time, on loopback and the local disk.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx

from benchmarks.events import answers
from benchmarks.table import Spread, markdown
from rxvlm import Event, sinks

TIMES = 50
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of an example


class Taker(BaseHTTPRequestHandler):
    """Takes everything."""

    def do_POST(self) -> None:
        """Answer 204."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own
        """Say nothing."""


def milliseconds(work: Callable[[], object]) -> float:
    """Return the milliseconds of a call, on average."""
    began = time.perf_counter()
    for _ in range(TIMES):
        work()
    return (time.perf_counter() - began) / TIMES * 1e3


def pairs(url: str, folder: Path) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Return each sink's call, and the least that could do the same."""
    event = Event(id="e", name="a", camera="b", phase="start", start=0.0, end=1.0, analysis=answers()[0])
    webhook, command = sinks.webhook(url, secret=SECRET), sinks.command(["true"])
    lines, plain = sinks.write_jsonl(folder / "lines"), (folder / "plain").open("w")
    trusted = httpx.create_ssl_context()

    def post() -> None:
        with httpx.HTTPTransport(verify=trusted) as connections:
            body = json.dumps(event.to_dict()).encode()
            connections.handle_request(httpx.Request("POST", url, content=body)).close()

    def line() -> None:
        plain.write(json.dumps(event.to_dict()))
        plain.flush()

    return {
        "webhook": (lambda: webhook(event), post),
        "command": (lambda: command(event), lambda: subprocess.run(["true"], check=True)),  # noqa: S607 - as a user has it
        "write_jsonl": (lambda: lines(event), line),
    }


def table(rounds: int) -> str:
    """Return a row for each sink: its milliseconds for an event, and how many times the least that is."""
    server = HTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows: list[tuple[str, Spread, Spread]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (sink, least) in pairs(f"http://127.0.0.1:{server.server_port}/", Path(folder)).items():
            for work in (sink, least):  # what is loaded at the first use
                work()
            took = [(milliseconds(sink), milliseconds(least)) for _ in range(rounds)]
            times = Spread.of([one / other for one, other in took])
            rows.append((f"`{name}`", Spread.of([one for one, _ in took]), times))
    server.shutdown()
    return markdown(["", "milliseconds for an event", "times the least"], rows)


if __name__ == "__main__":
    print(table(9))
