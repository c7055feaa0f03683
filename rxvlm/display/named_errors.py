"""Errors by the names of their classes, as JSON has them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from rxvlm.errors import RxvlmError


def named_error(kind: str, message: str) -> Exception:
    """Return an error of the class that has a name, with a message.

    The class is one of this library, of a user's own below `rxvlm.RxvlmError`, or one of Python's. If there is no such
    class in this process, or it takes more than a message, the error is an `rxvlm.RxvlmError` whose class is made with
    this name.

    >>> [type(named_error(kind, "no")).__name__ for kind in ("ModelTimeoutError", "ValueError", "TheirError")]
    ['ModelTimeoutError', 'ValueError', 'TheirError']
    """
    found = next((one for one in _below(RxvlmError) if one.__name__ == kind), None) or getattr(builtins, kind, None)
    error = _made(found, message)
    return error if error is not None else _unknown(kind)(message)


class _UnknownError(RxvlmError):
    """An error of a class that this process does not have."""

    def __reduce__(self) -> tuple[Any, ...]:
        return named_error, (type(self).__name__, str(self))


@lru_cache(maxsize=256)  # a record may say any name
def _unknown(kind: str) -> type[_UnknownError]:
    return type(kind, (_UnknownError,), {"__module__": __name__})


def _below(kind: type[RxvlmError]) -> Iterator[type[RxvlmError]]:
    """Return a class and all below it, but those that were made here."""
    yield kind
    for one in kind.__subclasses__():
        if one is not _UnknownError:
            yield from _below(one)


def _made(kind: object, message: str) -> Exception | None:
    """Make an error that says just this message; None if that is impossible."""
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        return None
    for made_of in (message, _quoted(message), tuple(message.split("\n"))):  # most; a KeyError; one of several mistakes
        with suppress(Exception):  # a class whose errors are made of something else
            error = kind(made_of)
            if str(error) == message:
                return error
    return None


def _quoted(message: str) -> object:
    """Return what a KeyError with this message was made of: it shows the repr of its key."""
    try:
        return ast.literal_eval(message)
    except (ValueError, SyntaxError):
        return message
