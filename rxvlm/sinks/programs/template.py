"""Template: the arguments of a command with fields in them, by name only. It is never read by a shell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rxvlm.sinks.programs.fields import NAMES, PICTURE, clean, variable

# What runs the text of an argument, and the options before such a text.
_INTERPRETER: Final = re.compile(r"(?:.*/)?(?:(?:ba|da|z|k|c|tc|fi|a)?sh|python[\d.]*|perl|ruby|node|lua|php)")
# Other braces are themselves: JSON, ${HOME}, find's {}.
_FIELD: Final = re.compile(r"(?<!\$)(?:\{\{(?P<braces>[A-Za-z_][^{}\s\"']*)\}\}|\{(?P<field>[A-Za-z_][^{}\s\"']*)\})")
_PROGRAM_TEXT: Final = re.compile(r"-[a-zA-Z]*[ceEr]|--eval|--command|--execute")


@dataclass(frozen=True, slots=True)
class Template:
    """The arguments of a command.

    Attributes:
        program: What is run.
        arguments: Each as its parts: a literal text, and the name of the field after it, or None.
    """

    program: str
    arguments: tuple[tuple[tuple[str, str | None], ...], ...]

    @staticmethod
    def of(command: Sequence[str]) -> Template:
        """Read a command.

        Raises:
            ValueError: If there is nothing to run, a field is unknown or not a mere name, or a field stands in a
                text that a shell or another interpreter would run. The error shows the field, and no argument.
        """
        if not command or not command[0]:
            raise ValueError("a command begins with the program to run")
        arguments = tuple(_parts(number, argument) for number, argument in enumerate(command))
        if any(field is not None for _, field in arguments[0]):
            raise ValueError("the program to run may have no field in it: a model must not choose it")
        for before, argument in zip(command, arguments[1:], strict=False):
            runs = any(map(_INTERPRETER.fullmatch, command)) and _PROGRAM_TEXT.fullmatch(before)
            for name in [field for _, field in argument if runs and field]:
                raise ValueError(
                    f"{{{name}}} stands in a text that a program would run, and a model must not write it: "
                    f'use the environment there, "${variable(name)}" in a shell'
                )
        return Template("".join(text for text, _ in arguments[0]), arguments[1:])

    @property
    def wants_picture(self) -> bool:
        """Whether a picture, or its variable, is one of the arguments, or a part of one."""
        parts = [part for argument in self.arguments for part in argument]
        return any(field == PICTURE or variable(PICTURE) in literal for literal, field in parts)

    def filled(self, fields: Mapping[str, str]) -> list[str]:
        """Return the arguments for some fields, the program first."""
        return [self.program, *(_filled(argument, fields) for argument in self.arguments)]


def _filled(argument: tuple[tuple[str, str | None], ...], fields: Mapping[str, str]) -> str:
    text = "".join(literal + (fields[name] if name else "") for literal, name in argument)
    is_one_field = len(argument) == 1 and not argument[0][0] and argument[0][1] is not None
    # A value of a model's must not become an option.
    return clean(f" {text}" if is_one_field and text.startswith("-") else text)


def _parts(number: int, argument: str) -> tuple[tuple[str, str | None], ...]:
    if not isinstance(argument, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"argument {number} of the command must be a string, not {type(argument).__name__}")
    if "\0" in argument:
        raise ValueError(f"argument {number} of the command has a NUL in it")
    parts: list[tuple[str, str | None]] = []
    at, literal = 0, ""
    for found in _FIELD.finditer(argument):
        literal += argument[at : found.start()]
        at = found.end()
        if found["braces"]:
            literal += f"{{{found['braces']}}}"
            continue
        if found["field"] not in NAMES:
            known = ", ".join(f"{{{name}}}" for name in NAMES)
            raise ValueError(
                f"{found[0]} is not a field; write {found[0].join('{}')} for the text itself, or one of {known}"
            )
        parts.append((literal, found["field"]))
        literal = ""
    rest = literal + argument[at:]
    return (*parts, (rest, None)) if rest or not parts else tuple(parts)
