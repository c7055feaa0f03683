"""Options whose value may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.core import TyperCommand


def with_optional_values(**values: str) -> type[TyperCommand]:
    """Return the class of a command with options whose value may be left out.

    The next word is the value, unless it is an option or the name of a file.

    Args:
        values: The value of each option that has none, by the option's name.
    """
    options: Mapping[str, str] = {f"--{name}": value for name, value in values.items()}

    class Command(TyperCommand):
        """A command with such options."""

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - of click, or what typer has
            """Parse the command line."""
            filled: list[str] = []
            for word, following in zip(args, [*args[1:], "--"], strict=True):
                alone = word in options and (following.startswith("-") or Path(following).is_file())
                filled += [f"{word}={options[word]}"] if alone else [word]
            return super().parse_args(ctx, filled)

    return Command
