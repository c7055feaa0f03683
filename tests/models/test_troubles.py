"""Why a question has no answer yet, while it has none."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest
import reactivex
from chatting import jpeg_clip
from conftest import WATCHDOG
from reactivex import operators as ops

from rxvlm import Piece, Vlm
from rxvlm.errors import ModelUnreachableError
from rxvlm.models import breaker, dashscope, fallback, openai_compatible, retry, structured
from rxvlm.models.troubles import troubles
from rxvlm.testing import scripted


@pytest.fixture
def silent() -> Generator[str]:
    """The address of a server that swallows what is sent to it: no connection is refused, and none is made."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def told(model: Vlm) -> dict[str, str]:
    """Return the troubles of a model once there are any."""
    until = time.monotonic() + WATCHDOG
    while not (found := troubles(model)):
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


@pytest.mark.parametrize(
    "client",
    [
        lambda url: openai_compatible(url, "m"),
        lambda url: openai_compatible(url, "m", server="find out"),
        lambda url: structured(openai_compatible(url, "m"), {"type": "object"}),
        lambda url: dashscope("m", api_key="key", base_url=url),
    ],
)
def test_a_server_that_cannot_be_reached_is_told_before_any_time_out(client: Callable[[str], Vlm], silent: str) -> None:
    """After a second, with the address and the seconds; disposing ends that."""
    model = fallback(breaker(retry(client(silent))), scripted("no"))
    clip = jpeg_clip(2)
    asking = model.ask(clip, "What?").subscribe()
    assert told(model) == {clip.source: f"no connection to {silent} for 1 s"}
    asking.dispose()
    until = time.monotonic() + WATCHDOG
    while troubles(model):
        assert time.monotonic() < until


def test_an_error_before_says_more_than_a_connection() -> None:
    """A question that is asked again has the error of the last attempt."""
    model = retry(scripted(ModelUnreachableError("it refuses the connection")), first=30.0)
    clip = jpeg_clip(2)
    asking = model.ask(clip, "What?").pipe(ops.catch(reactivex.just(Piece()))).subscribe()
    assert told(model) == {clip.source: "asked again: it refuses the connection"}
    asking.dispose()
