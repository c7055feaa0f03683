"""Options that several commands of `rxvlm results` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

import rxvlm  # its names load when they are used: --help stays quick

StoreFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", envvar="RXVLM_STORE", help="The store that `rxvlm watch --store` wrote."),
]
Camera: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only one camera or film.", show_default=False)
]
Name: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The number of an answer; or the id of an event, or its beginning.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print lines of JSON.")]

TIME = "TIME"
TIME_FORMS = "for a film 3 or 01:02:03; for a camera 07:35 (today), 2h (ago) or 2026-11-29T07:35:00+01:00"


def opened(file: Path | None) -> rxvlm.Store:
    """Return the store of the option or of the variable.

    Raises:
        ValueError: If there is neither the option nor the variable.
    """
    if file is None:
        raise ValueError("which store? Give --store FILE, or set RXVLM_STORE, as for `rxvlm watch --store FILE`")
    return rxvlm.Store(file)
