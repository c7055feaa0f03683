"""The options of `rxvlm watch` that say how long windows are, and where they begin."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from rxvlm.ticks import Aligned

Every: TypeAlias = Annotated[
    float, typer.Option(min=0.001, max=86_400, help="Seconds of video in a window; each window gets one answer.")
]
Align: TypeAlias = Annotated[
    Aligned,
    typer.Option(
        help="Where the windows of a camera begin. source: with its first picture; clock: at multiples of --every on "
        "the wall clock, the same for all cameras."
    ),
]
