"""`rxvlm models`: the models that can be asked."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

import rxvlm  # its names load when they are used: --help stays quick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rxvlm.models import Kind


def models(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the models that you can ask, and what each one needs."""
    kinds = rxvlm.models.KINDS
    typer.echo(dumps([{**asdict(kind), "ready": kind.ready} for kind in kinds], indent=2) if json else _lines(kinds))


def _lines(kinds: Sequence[Kind]) -> str:
    """Return two lines for each kind of model: how to write it and what it is, then what it needs."""
    width = max(len(kind.form) for kind in kinds)
    return "\n".join(f"{kind.form:<{width}}  {kind.what}\n{'':<{width}}  needs {_needed(kind)}" for kind in kinds)


def _needed(kind: Kind) -> str:
    if not kind.key:
        return kind.needs
    return f"{kind.key}, which is {'set' if kind.ready else 'not set'}"
