"""Checks of whole calls: options that do not exist, arguments of a wrong kind, a step that was not called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Final, ParamSpec, TypeVar

from rxvlm.arguments.kinds import Kinds
from rxvlm.arguments.shown_types import with_shown_types
from rxvlm.errors.short_traceback import shown_short

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_NO_HINTS: Final[Mapping[str, str]] = MappingProxyType({})


def suggest_options(
    hints: Mapping[str, str] = _NO_HINTS,
) -> Callable[[Callable[_Arguments, _Result]], Callable[_Arguments, _Result]]:
    """Decorate a function so that its arguments are checked when it is called, and named as the caller wrote them.

    An unknown option is refused with the name of the option that was meant, and an argument of a wrong kind (see
    `Kinds`) with what it must be.

    >>> @suggest_options()
    ... def encode(*, width: int = 640, quality: int = 80) -> None: ...
    >>> encode(widht=320)
    Traceback (most recent call last):
    TypeError: encode has no option 'widht': did you mean 'width'?

    Python's own message suggests names only from 3.13 on.

    Args:
        hints: What to say of options that the function does not have, but some users look for.
            The message ends with it, so it begins with its own punctuation.

    Returns:
        A decorator; the signature of the decorated function stays, with its types in words. For an unknown option, or
        an argument of a wrong kind, it raises TypeError; for a text that is none of those allowed, ValueError.
    """

    def decorate(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        kinds = Kinds(function)

        @wraps(function)
        def checked(*args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
            for option in options:
                _check_option(option, function, hints)
            return kinds.call(*args, **options)

        return with_shown_types(checked)

    return decorate


def _check_option(option: str, function: Callable[..., object], hints: Mapping[str, str]) -> None:
    parameters = signature(function).parameters
    if option in parameters or any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values()):
        return
    names = [name for name, one in parameters.items() if one.default is not Parameter.empty]
    near = next(iter(get_close_matches(option, [*names, *hints], 1)), None)
    meant = f": did you mean {near!r}?" if near else f"; it has {', '.join(names)}"
    called = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]
    raise shown_short(TypeError(f"{called} has no option {option!r}{hints.get(near or '', meant)}"))
