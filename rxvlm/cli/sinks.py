"""`rxvlm sinks`: `test` sends an event to a sink, `forget` deletes cameras at a broker."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Final
from uuid import uuid4

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import FAILED, complain, one_line_errors

if TYPE_CHECKING:
    from rxvlm.sinks import Sink

_CAMERA: Final = "demo:yard?seconds=2&fps=4&width=320&height=180"

sinks = typer.Typer(
    add_completion=False,
    help="Test a sink of answers and events, or delete cameras from a broker.",
    no_args_is_help=True,
)


@sinks.callback()
def _group() -> None:
    """Test a sink, as for `rxvlm watch --sink`, or delete cameras from a broker."""


@sinks.command()
def test(
    url: Annotated[str, typer.Argument(metavar="URL", help="An address for `rxvlm watch --sink`.")],
) -> None:
    """Send one example event to a sink, once, and print the reply.

    Exit codes: 0 the sink took it; 1 the sink did not take it; 2 the address can never work.
    """
    from rxvlm.sinks.addresses import shown

    with one_line_errors():
        sink = rxvlm.sinks.sink_from(url)
    event = drawn_event()
    try:
        with closing(sink):
            said = _sent(sink, event)
    except Exception as error:  # noqa: BLE001 - whatever a sink raises is what came back
        words = str(error)
        complain(words if words.startswith(shown(url)) else f"{shown(url)}: {words}")
        raise typer.Exit(FAILED) from None
    typer.echo(f"{shown(url)}: {said}")


@sinks.command()
def forget(
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of the broker, as for --sink.")],
    cameras: Annotated[list[str], typer.Argument(metavar="CAMERA...", help="The names of removed cameras.")],
) -> None:
    """Delete cameras from an MQTT broker, and so from Home Assistant, with all their messages.

    Exit codes: 0 they are deleted; 1 the broker cannot be reached; 2 the address is not the address of a broker.
    """
    from rxvlm.sinks.addresses import shown

    with one_line_errors():
        if not url.lower().startswith(("mqtt://", "mqtts://")):
            raise ValueError(f"{shown(url)} keeps no cameras; give mqtt://... or mqtts://...")
        sink = rxvlm.sinks.mqtt(url)
    try:
        with closing(sink):
            for camera in cameras:
                sink.forget(camera)
    except rxvlm.RxvlmError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None


def drawn_event() -> rxvlm.Event:
    """Make the start of an event with the name ``test``, about two seconds of the drawn yard."""
    stream = rxvlm.watch(_CAMERA, rxvlm.models.opencv(), name="demo", every=2.0)
    answer = rxvlm.collect(stream)[0]
    clip = answer.clip
    return rxvlm.Event(
        id=uuid4().hex,
        name="test",
        camera="demo",
        phase="start",
        start=clip.start,
        end=clip.end,
        captured=time.time(),
        analysis=answer,
    )


def _sent(sink: Sink, event: rxvlm.Event) -> str:
    """Send an event; return what came back, if the sink says so."""
    once = getattr(sink, "test", None)
    if callable(once):
        return str(once(event))
    began = time.monotonic()
    sink(event)
    return f"taken, after {time.monotonic() - began:.2f} s"
