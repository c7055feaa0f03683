"""The group of `rxvlm results`: its first word is a command; otherwise it searches for all words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from typer.core import TyperGroup

_COMMAND: Final = "rxvlm.results.command"


class ResultsGroup(TyperGroup):
    """A group with words of its own: typer's group would treat the first word as a command, or lose the command.

    Options may be before or after the command. To search for a word that is a command, write ``--`` before it.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - of click, or what typer has for it
        """Parse the command line: words, or a command with everything else as its own."""
        at = self._command_at(args)
        if at is None:
            ctx.allow_interspersed_args = True
        else:
            ctx.meta[_COMMAND] = True
            args = [args[at], *args[:at], *args[at + 1 :]]
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - as above
        """Return the parameters of a search; none before a command, which has its own."""
        return [] if ctx.meta.get(_COMMAND) else super().get_params(ctx)

    def _command_at(self, args: Sequence[str]) -> int | None:
        """Return where the command stands; None if the first word is none."""
        takes_value = self._with_values()
        at = 0
        while at < len(args) and args[at] != "--":
            if args[at].startswith("-") and len(args[at]) > 1:
                at += 2 if args[at] in takes_value else 1
            else:
                return at if args[at] in self.commands else None
        return None

    def _with_values(self) -> set[str]:
        """Return the options, of the search and of the commands, whose value is the next word."""
        params: list[Any] = [*self.params, *(param for command in self.commands.values() for param in command.params)]
        return {name for param in params if not getattr(param, "is_flag", False) for name in param.opts}
