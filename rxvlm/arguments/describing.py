"""What to say of a value that is wrong."""

from __future__ import annotations

from numbers import Number
from typing import Final

from rxvlm.uri import without_secrets

_AN: Final = ("a", "e", "i", "o", "u", "nd")  # "an ndarray", because the n is spoken as "en"


def describe(value: object) -> str:
    """Describe a value in an error message: numbers and strings as they are, without secrets; else by the type's name.

    >>> describe(2.5), describe("6"), describe(None), describe([1, 2])
    ('2.5', "'6'", 'None', 'a list')
    """
    if value is None or isinstance(value, str | Number):
        return without_secrets(repr(value))
    name = type(value).__name__
    return f"{'an' if name.lower().startswith(_AN) else 'a'} {name}"


def is_stream(value: object) -> bool:
    """Return whether a value can be subscribed to."""
    return callable(getattr(value, "subscribe", None)) and not isinstance(value, type)


def no_stream(function: str, value: object) -> TypeError:
    """Return the error for a value that a function takes for a stream."""
    made_by = "what rxvlm.video, rxvlm.watch or rxvlm.watch_all returns"
    return TypeError(f"{function} takes a stream, such as {made_by}, not {describe(value)}")


def check_stream(function: str, value: object) -> None:
    """Check that an argument is a stream.

    Args:
        function: What was called with it, for the message.
        value: The argument.

    Raises:
        TypeError: If it cannot be subscribed to.
    """
    if not is_stream(value):
        raise no_stream(function, value)


def not_called(step: str) -> TypeError:
    """Return the error for a step that was given the stream itself, as by ``pipe(step)`` in place of ``pipe(step())``.

    Args:
        step: The step's name.
    """
    return TypeError(
        f"{step} is called where it stands in a pipe, as in pipe({step}()): it was given the stream itself"
    )


def check_called(step: str, argument: object) -> None:
    """Check that a step is not given the stream itself.

    Args:
        step: The step's name, for the message.
        argument: Its first argument.

    Raises:
        TypeError: If it is a stream.
    """
    if is_stream(argument):
        raise not_called(step)


def hint_of_missing_call(value: object) -> str:
    """Return a hint for users who wrote ``pipe(step)`` in place of ``pipe(step(...))``: RxPY passes it the source."""
    from reactivex import Observable  # `rxvlm --help` must not wait for it

    is_source = isinstance(value, Observable)
    return ": a step is called where it stands in a pipe, as in pipe(buffer_by_time(10.0))" if is_source else ""
