"""``python -m rxvlm.testing.server``: a fake server to play with, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import suppress

from rxvlm.testing.server import FakeServer, Reply, Request

_KEPT = 10  # requests that it remembers: nobody asks it


def main() -> None:
    """Run it, with a line for each request."""
    parser = argparse.ArgumentParser(
        prog="python -m rxvlm.testing.server", description="A fake model server on loopback."
    )
    parser.add_argument("--port", type=int, default=8008, help="where to listen (default: %(default)s)")
    parser.add_argument("--text", default=Reply().text, help="what the model says (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long it thinks (default: %(default)s)")
    asked = parser.parse_args()

    def told(request: Request) -> Reply:
        _say(f"{request.method} {request.path}  {len(request.body)} bytes  connection {request.connection}")
        return Reply(asked.text, seconds=asked.seconds if request.route == "chat" else 0.0)

    server = FakeServer(told, port=asked.port, keep=_KEPT)
    server.then(told, route="policy")
    server.then(told, route="oss")
    for sign in (signal.SIGINT, signal.SIGTERM):  # a shell's background has the first ignored
        signal.signal(sign, signal.default_int_handler)
    with server, suppress(KeyboardInterrupt):
        _say(f"DashScope: {server.dashscope_url}\nOpenAI:    {server.openai_url}")
        threading.Event().wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
