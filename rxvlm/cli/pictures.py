"""The option ``--pictures`` of `watch` and `demo`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Pictures: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--pictures",
        help="Show what the model saw: as sixels or by kitty's graphics if the terminal supports them, otherwise "
        "as half blocks.",
    ),
]
"""The option of `watch` and `demo`."""
