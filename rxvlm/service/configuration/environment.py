"""The environment's variables in the texts of a file: ``${NAME}`` and ``${NAME:-default}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_VARIABLE: Final = re.compile(r"\$(?:(\$\{)|\{([^{}:]*)(?:(:-)([^{}]*))?\}|(\{))")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class FromEnvironment(str):
    """A text that came from the environment, at least in part: it may stand for a number, or for true and false."""

    __slots__ = ()


def fill_in(text: str, environment: Mapping[str, str]) -> str:
    """Replace each ``${NAME}`` of a text by the variable's value.

    >>> fill_in("rtsp://${USER_NAME:-admin}@gate", {})
    'rtsp://admin@gate'
    >>> fill_in("costs $${5}", {})
    'costs ${5}'

    Args:
        text: The text. ``${NAME:-default}`` takes the default where the variable is not set or empty; ``$${`` stands
            for ``${`` itself.
        environment: The variables, by name.

    Raises:
        ValueError: If a variable is not set and has no default, or a ``${`` is not closed.
    """

    def value(found: re.Match[str]) -> str:
        escaped, name, separator, default, unclosed = found.groups()
        if escaped:
            return "${"
        if unclosed or not _NAME.fullmatch(name):
            raise ValueError("a variable is written ${NAME} or ${NAME:-default}, and ${ itself as $${")
        if separator:
            return environment.get(name) or default
        if name not in environment:
            raise ValueError(f"the environment has no variable {name}; set it, or write ${{{name}:-default}}")
        return environment[name]

    return _VARIABLE.sub(value, text)
