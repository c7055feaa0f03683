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


def hint_of_missing_call(value: object) -> str:
    """Return a hint for users who wrote ``pipe(step)`` in place of ``pipe(step(...))``: RxPY passes it the source."""
    from reactivex import Observable  # `rxvlm --help` must not wait for it

    is_source = isinstance(value, Observable)
    return ": a step is called where it stands in a pipe, as in pipe(buffer_by_time(10.0))" if is_source else ""
