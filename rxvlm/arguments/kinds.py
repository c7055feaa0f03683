"""Kinds: what kind of value each argument of a function must be, by its annotations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from inspect import Parameter, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from rxvlm.arguments.describing import check_called, describe

Check: TypeAlias = Callable[[object], bool]

_COLLECTIONS: Final = (Sequence, list, Collection, Iterable)
_WORDS: Final[Mapping[Any, str]] = {
    NoneType: "None",
    bool: "True or False",
    str: "a text",
    Path: "a path",
    Mapping: "a mapping",
    dict: "a mapping",
}


class Kinds:
    """The kinds of a function's arguments, as far as its annotations say them.

    Texts, truth values, functions, mappings, lists, streams and objects of classes are checked. Numbers are not, since
    the function knows their ranges and units; nor is what follows a protocol, such as a model, may be a stream or
    something else, such as a source, or may be anything.

    >>> def wait(name: str, then: Callable[[], None] | None = None) -> None: ...
    >>> Kinds(wait).check(("yard",), {"then": 3})
    Traceback (most recent call last):
    TypeError: then must be a function or None, not 3

    Args:
        function: The function; its annotations are looked at when it is first called.
        makes_step: Whether it makes a step of a pipe, so that the stream itself as its first argument means that the
            call was forgotten.
    """

    def __init__(self, function: Callable[..., object], *, makes_step: bool = False) -> None:
        self._function = function
        self._makes_step = makes_step

    @cached_property
    def _signature(self) -> Any:  # noqa: ANN401 - an `inspect.Signature`
        return signature(self._function)

    @cached_property
    def _checks(self) -> dict[str, tuple[list[str], list[Check], list[str]]]:
        """The words, the checks and the literal texts of each parameter whose kind is known."""
        hints = get_type_hints(self._function)
        known: dict[str, tuple[list[str], list[Check], list[str]]] = {}
        for name in self._signature.parameters:
            parts = _parts(hints.get(name, Any))
            found = [kind for kind in map(_kind, parts) if kind is not None]
            words = [words for words, _ in found]
            if len(found) == len(parts) and (len({*words} - {"None"}) == 1 or "a stream" not in words):
                texts = [text for part in parts for text in _literals(part)]
                known[name] = (words, [check for _, check in found], texts)
        return known

    def check(self, args: Sequence[object], options: Mapping[str, object]) -> None:
        """Check the arguments of a call.

        Raises:
            TypeError: If one is of a wrong kind.
            ValueError: If a text is none of those that are allowed.
        """
        try:
            given = self._signature.bind(*args, **options).arguments
        except TypeError:
            return  # the call itself raises, and names the function
        for name, value in given.items():
            if name in self._checks:
                several = self._signature.parameters[name].kind is Parameter.VAR_POSITIONAL
                for one in value if several else [value]:
                    self._check(name, one)

    def _check(self, name: str, value: object) -> None:
        words, checks, texts = self._checks[name]
        if any(check(value) for check in checks):
            return
        if texts and isinstance(value, str):
            raise ValueError(f"{name} must be one of {', '.join(texts)}, not {describe(value)}")
        if self._makes_step and name == next(iter(self._signature.parameters)):
            check_called(self._function.__name__, value)
        must = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        raise TypeError(f"{name} must be {must}, not {describe(value)}")


def _parts(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - an annotation may be anything
    """Return the parts of a union, or the annotation itself."""
    if get_origin(hint) is Annotated:
        return _parts(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return tuple(inner for part in get_args(hint) for inner in _parts(part))
    return (hint,)


def _literals(hint: Any) -> list[str]:  # noqa: ANN401 - as above
    return list(get_args(hint)) if get_origin(hint) is Literal else []


def _kind(hint: Any) -> tuple[str, Check] | None:  # noqa: ANN401 - as above
    """Return the words for an annotation and its check; None if it is not checked."""
    origin = get_origin(hint) or hint
    if origin is tuple:
        return _tuple(get_args(hint))
    if origin is Literal:
        allowed = get_args(hint)
        return " or ".join(map(repr, allowed)), lambda value: isinstance(value, str) and value in allowed
    if origin is Callable:
        return "a function", lambda value: callable(value) and not isinstance(value, type)
    if origin in _COLLECTIONS:
        return "a list", lambda value: isinstance(value, origin) and not isinstance(value, str | bytes)
    if origin in _WORDS:
        return _WORDS[origin], lambda value: isinstance(value, origin)
    return _class(origin)


def _tuple(parts: tuple[Any, ...]) -> tuple[str, Check] | None:
    if not parts or parts[-1] is ...:
        return "a tuple", lambda value: isinstance(value, tuple)
    words = {2: "a pair", 3: "a tuple of three"}.get(len(parts), f"a tuple of {len(parts)}")
    return words, lambda value: isinstance(value, tuple | list) and len(cast("tuple[object]", value)) == len(parts)


def _class(kind: Any) -> tuple[str, Check] | None:  # noqa: ANN401 - as above
    """Return the words for a class of ours or of RxPY; numbers, protocols and type variables are not checked."""
    if not isinstance(kind, type) or kind in (int, float, object) or getattr(kind, "_is_protocol", False):
        return None
    name = kind.__name__.removesuffix("Base")
    words = "a stream" if name == "Observable" else f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
    return words, lambda value: isinstance(value, kind)
