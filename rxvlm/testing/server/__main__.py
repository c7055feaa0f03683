"""``python -m rxvlm.testing.server``: run a fake server by hand, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import suppress

from rxvlm.testing.server import FakeServer, Reply, Request

_KEPT = 10  # requests that it remembers; nothing reads them here


def main() -> None:
    """Run the server, and print a line for each request."""
    parser = argparse.ArgumentParser(
        prog="python -m rxvlm.testing.server", description="A fake model server on loopback."
    )
    parser.add_argument("--port", type=int, default=8008, help="where to listen (default: %(default)s)")
    parser.add_argument("--text", default=Reply().text, help="what the model says (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=0.0, help="seconds before the model answers (default: %(default)s)"
    )
    args = parser.parse_args()

    def reply(request: Request) -> Reply:
        _print(f"{request.method} {request.path}  {len(request.body)} bytes  connection {request.connection}")
        return Reply(args.text, seconds=args.seconds if request.route == "chat" else 0.0)

    server = FakeServer(reply, port=args.port, keep=_KEPT)
    server.then(reply, route="policy")
    server.then(reply, route="oss")
    for sign in (signal.SIGINT, signal.SIGTERM):  # a shell makes its background jobs ignore SIGINT
        signal.signal(sign, signal.default_int_handler)
    with server, suppress(KeyboardInterrupt):
        _print(f"DashScope: {server.dashscope_url}\nOpenAI:    {server.openai_url}")
        threading.Event().wait()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
