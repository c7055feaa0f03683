"""Checks of arguments, and what to say of a value that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from numbers import Integral, Number, Real
from types import MappingProxyType
from typing import Final, ParamSpec, TypeVar

from rxvlm.uri import without_secrets

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_AN: Final = ("a", "e", "i", "o", "u", "nd")  # "an ndarray", because the n is spoken as "en"
_NO_HINTS: Final[Mapping[str, str]] = MappingProxyType({})


def check_integer(name: str, value: object) -> None:
    """Check that an argument is a whole number.

    Args:
        name: The argument's name, for the message.
        value: The argument; NumPy's integers are whole numbers, too.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, not {describe(value)}{_hint_of_missing_call(value)}")


def check_number(name: str, value: object, unit: str = "") -> None:
    """Check that an argument is a real number.

    Args:
        name: The argument's name, for the message.
        value: The argument; NumPy's numbers are numbers, too.
        unit: What it counts, for the message, such as ``"seconds"``.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(value, Real):
        kind = f"a number of {unit}" if unit else "a number"
        raise TypeError(f"{name} must be {kind}, not {describe(value)}{_hint_of_missing_call(value)}")


def check_at_least(name: str, value: int, least: int, unit: str = "") -> None:
    """Check that an argument is a whole number and not too small.

    Args:
        name: The argument's name, for the message.
        value: The argument.
        least: The smallest value that is allowed.
        unit: What it counts, for the message, such as ``"pixels"``.

    Raises:
        TypeError: If it is not a whole number.
        ValueError: If it is less than ``least``.
    """
    check_integer(name, value)
    if value < least:
        raise ValueError(f"{name} must be at least {least}{unit and ' '}{unit}, not {value}")


def check_above_zero(name: str, value: float, unit: str = "") -> None:
    """Check that an argument is a number above 0.

    Args:
        name: The argument's name, for the message.
        value: The argument; NaN is not above 0.
        unit: What it counts, for the message, such as ``"seconds"``.

    Raises:
        TypeError: If it is not a number.
        ValueError: If it is not above 0.
    """
    check_number(name, value, unit)
    if not value > 0:
        raise ValueError(f"{name} must be above 0{unit and ' '}{unit}, not {value}")


def check_stream(function: str, value: object) -> None:
    """Check that an argument is a stream.

    Args:
        function: What was called with it, for the message.
        value: The argument.

    Raises:
        TypeError: If it cannot be subscribed to.
    """
    if not callable(getattr(value, "subscribe", None)) or isinstance(value, type):
        made_by = "what rxvlm.video, rxvlm.watch or rxvlm.watch_all returns"
        raise TypeError(f"{function} takes a stream, such as {made_by}, not {describe(value)}")


def suggest_options(
    hints: Mapping[str, str] = _NO_HINTS,
) -> Callable[[Callable[_Arguments, _Result]], Callable[_Arguments, _Result]]:
    """Decorate a function so that an unknown option is refused with the name of the option that was meant.

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
        A decorator. The decorated function raises TypeError for an unknown option; its signature stays.
    """

    def decorate(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        @wraps(function)
        def checked(*args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
            for option in options:
                _check_option(option, function, hints)
            return function(*args, **options)

        return checked

    return decorate


def _check_option(option: str, function: Callable[..., object], hints: Mapping[str, str]) -> None:
    parameters = signature(function).parameters
    if option in parameters:
        return
    names = [name for name, one in parameters.items() if one.default is not Parameter.empty]
    near = next(iter(get_close_matches(option, [*names, *hints], 1)), None)
    meant = f": did you mean {near!r}?" if near else f"; it has {', '.join(names)}"
    raise TypeError(f"{function.__name__} has no option {option!r}{hints.get(near or '', meant)}")


def describe(value: object) -> str:
    """Describe a value in an error message: numbers and strings as they are, without secrets; else by the type's name.

    >>> describe(2.5), describe("6"), describe(None), describe([1, 2])
    ('2.5', "'6'", 'None', 'a list')
    """
    if value is None or isinstance(value, str | Number):
        return without_secrets(repr(value))
    name = type(value).__name__
    return f"{'an' if name.lower().startswith(_AN) else 'a'} {name}"


def check_called(step: str, argument: object) -> None:
    """Check that a step is not given the stream itself: that is what ``pipe(step)`` does, in place of ``pipe(step())``.

    Args:
        step: The step's name, for the message.
        argument: Its first argument.

    Raises:
        TypeError: If it is a stream.
    """
    from reactivex import Observable  # `rxvlm --help` must not wait for it

    if isinstance(argument, Observable):
        raise TypeError(
            f"{step} is called where it stands in a pipe, as in pipe({step}()): it was given the stream itself"
        )


def _hint_of_missing_call(value: object) -> str:
    """Return a hint for users who wrote ``pipe(step)`` in place of ``pipe(step(...))``: RxPY passes it the source."""
    from reactivex import Observable  # `rxvlm --help` must not wait for it

    is_source = isinstance(value, Observable)
    return ": a step is called where it stands in a pipe, as in pipe(buffer_by_time(10.0))" if is_source else ""
