"""`rxvlm results delete`: erase answers, events and clips."""

from __future__ import annotations

from typing import Annotated

import typer

from rxvlm.cli.failures import one_line_errors
from rxvlm.cli.results.options import TIME, TIME_FORMS, Camera, StoreFile, opened


def delete(
    *,
    camera: Camera = None,
    before: Annotated[
        str | None, typer.Option(metavar=TIME, help=f"Only older ones: {TIME_FORMS}.", show_default=False)
    ] = None,
    store: StoreFile = None,
) -> None:
    """Erase answers and events with their clips: the file does not contain them any more.

    It needs --camera, --before or both. No other process may be writing to the store.

    Exit codes: 0 success; 2 something is wrong with the options or the store.
    """
    with one_line_errors(), opened(store) as kept:
        if camera is None and before is None:
            raise ValueError("give --camera, --before or both; to erase everything, remove the file")
        count = kept.delete(camera=camera, before=before)
    typer.echo(f"{count:,} answers and events are forgotten")
