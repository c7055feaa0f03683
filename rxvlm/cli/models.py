"""`rxvlm models`: the models that can be asked."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.beside import beside
from rxvlm.cli.failures import one_line_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rxvlm.models import Kind


def models(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Models to check: their server, and what it takes."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the models that you can ask, and what each one needs; with NAME, check the server of a model."""
    if names:
        with one_line_errors():
            found = [_found(name) for name in names]
        typer.echo(dumps(found, indent=2) if json else "\n\n".join(map(_rows, found)))
        return
    kinds = rxvlm.models.KINDS
    typer.echo(dumps([{**asdict(kind), "ready": kind.ready} for kind in kinds], indent=2) if json else _lines(kinds))


def _lines(kinds: Sequence[Kind]) -> str:
    """Return two lines for each kind of model: how to write it and what it is, then what it needs."""
    width = max(len(kind.form) for kind in kinds)
    lines = ((kind.form, kind.what, _needed(kind)) for kind in kinds)
    return "\n".join(
        f"{beside(f'{form:<{width}}', what)}\n{beside(' ' * width, f'needs {need}')}" for form, what, need in lines
    )


def _needed(kind: Kind) -> str:
    if not kind.key:
        return kind.needs
    return f"{kind.key}, which is {'set' if kind.ready else 'not set'}"


def _found(name: str) -> dict[str, str]:
    """Return what a model is, by heading; its server is asked what it is, if that is not known."""
    from rxvlm.models.openai_compatible import ChatVlm

    model = rxvlm.models.named(name)
    if not isinstance(model, ChatVlm):
        return {"model": name, "server": "none to ask about"}
    known = model.look()
    server = known.server
    return {
        "model": name,
        "address": model.endpoint.url.removesuffix("/chat/completions"),
        "server": server.name + (f", by its {known.evidence}" if known.evidence else ""),
        "state": model.why_not_ready() or "ready",
        "a clip goes as": ", else as ".join(server.forms),
        "pictures": f"{server.most_images} at most",
        "JSON": server.json or "in words",
    }


def _rows(found: dict[str, str]) -> str:
    return "\n".join(beside(f"{heading:>16}", said) for heading, said in found.items())
