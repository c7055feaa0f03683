"""Kinds: what kind of value each argument of a function must be, by its annotations."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from inspect import Parameter, signature, unwrap
from pathlib import Path
from types import NoneType, SimpleNamespace, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    ParamSpec,
    TextIO,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from rxvlm.arguments.describing import describe, is_stream, no_stream, not_called
from rxvlm.errors.short_traceback import is_raised_by_us, shown_short

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

Check: TypeAlias = Callable[[object], bool]


def _is_function(value: object) -> bool:
    """Return whether a value is a function. Such as `float` is one; another class is probably a forgotten ``()``."""
    return callable(value) and (not isinstance(value, type) or value.__module__ == "builtins")


_STREAM: Final = "a stream"
_COLLECTIONS: Final = (Sequence, list, Collection, Iterable)
_KINDS: Final[Mapping[Any, tuple[str, Check]]] = {
    NoneType: ("None", lambda value: value is None),
    bool: ("True or False", lambda value: type(value).__name__ in ("bool", "bool_")),  # Python's, and NumPy's
    str: ("a text", lambda value: isinstance(value, str)),
    Path: ("a path", lambda value: isinstance(value, Path)),
    TextIO: ("a text file", lambda value: hasattr(value, "write")),
    Mapping: ("a mapping", lambda value: isinstance(value, Mapping)),
    dict: ("a mapping", lambda value: isinstance(value, dict)),
    Callable: ("a function", _is_function),
}


class Kinds(Generic[_Arguments, _Result]):
    """The kinds of a function's arguments, as far as its annotations say them.

    Texts, truth values, functions, mappings, lists, streams and objects of classes are checked. Numbers are not, since
    the function knows their ranges and units; nor is what follows a protocol, such as a model, may be a stream or
    something else, such as a source, or may be anything.

    >>> def wait(name: str, then: Callable[[], None] | None = None) -> None: ...
    >>> Kinds(wait).call("yard", then=3)
    Traceback (most recent call last):
    TypeError: then must be a function or None, not 3

    Args:
        function: The function; its annotations are looked at when it is first called.
        makes_step: Whether it makes a step of a pipe, so that the stream itself as its first argument means that the
            call was forgotten.
    """

    def __init__(self, function: Callable[_Arguments, _Result], *, makes_step: bool = False) -> None:
        self._function = function
        self._makes_step = makes_step

    @cached_property
    def _signature(self) -> Any:  # noqa: ANN401 - an `inspect.Signature`
        return signature(self._function)

    @cached_property
    def _checks(self) -> dict[str, tuple[list[str], list[Check], list[str]]]:
        """The words, the checks and the literal texts of each parameter whose kind is known."""
        known: dict[str, tuple[list[str], list[Check], list[str]]] = {}
        for name, parameter in self._signature.parameters.items():
            parts = _parts(self._hint(name, parameter.annotation))
            found = [kind for kind in map(_kind, parts) if kind is not None]
            words = [words for words, _ in found]
            if len(found) == len(parts) and (len({*words} - {"None"}) == 1 or _STREAM not in words):
                texts = [text for part in parts for text in _literals(part)]
                known[name] = (words, [check for _, check in found], texts)
        return known

    def _hint(self, name: str, annotation: object) -> Any:  # noqa: ANN401 - an annotation may be anything
        """Return an annotation as a type; Any if it has names that only type checkers import."""
        if annotation is Parameter.empty:
            return Any
        one = SimpleNamespace(__annotations__={name: annotation})
        try:
            return get_type_hints(one, unwrap(self._function).__globals__)[name]
        except (NameError, TypeError):
            return Any

    def call(self, *args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        """Call the function, and raise what is wrong with its arguments.

        What the function itself says of them comes first, if it names the argument or the function.

        Raises:
            TypeError: If an argument is of a wrong kind.
            ValueError: If a text is none of those that are allowed.
        """
        try:
            return self._called(*args, **options)
        except (TypeError, ValueError) as error:
            if is_raised_by_us(error):
                shown_short(error)
            raise

    def _called(self, *args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        fault = self._fault(args, options)
        if fault is None:
            return self._function(*args, **options)
        name, value, error = fault
        if not is_stream(value):  # which a function that expects a list would iterate over without end
            try:
                self._function(*args, **options)
            except (TypeError, ValueError) as own:
                if self._names(own, name):
                    raise
            except Exception:  # noqa: BLE001, S110 - what a wrong argument leads to says less than what is wrong with it
                pass
        raise error from None

    def _names(self, error: Exception, name: str) -> bool:
        words = re.findall(r"\w+", str(error))
        return bool({name, name.removesuffix("s"), self._function.__name__} & {*words})

    def _fault(self, args: Sequence[object], options: Mapping[str, object]) -> tuple[str, object, Exception] | None:
        """Return the first argument of a wrong kind: its name, itself, and the error that says so."""
        try:
            given = self._signature.bind(*args, **options).arguments
        except TypeError:
            return None  # Python has said so, and named the function
        for name, value in given.items():
            several = self._signature.parameters[name].kind is Parameter.VAR_POSITIONAL
            for one in value if several else [value]:
                error = self._error(name, one) if name in self._checks else None
                if error is not None:
                    return name, one, error
        return None

    def _error(self, name: str, value: object) -> Exception | None:
        words, checks, texts = self._checks[name]
        if any(check(value) for check in checks):
            return None
        if texts and isinstance(value, str):
            return ValueError(f"{name} must be one of {', '.join(texts)}, not {describe(value)}")
        if self._makes_step and name == next(iter(self._signature.parameters)) and is_stream(value):
            return not_called(self._function.__name__)
        if words == [_STREAM]:
            return no_stream(self._function.__name__, value)
        must = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        return TypeError(f"{name} must be {must}, not {describe(value)}")


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
    if origin is Literal:
        allowed = get_args(hint)
        return " or ".join(map(repr, allowed)), lambda value: isinstance(value, str) and value in allowed
    if origin is tuple:
        parts = get_args(hint)
        words = {2: "a pair", 3: "a tuple of three"}.get(len(parts) * (... not in parts), "a tuple")
        return words, lambda value: isinstance(value, tuple | list)
    if origin in _COLLECTIONS:
        return "a list", lambda value: isinstance(value, origin) and not isinstance(value, str | bytes)
    return _KINDS[origin] if origin in _KINDS else _class(origin)


def _class(kind: Any) -> tuple[str, Check] | None:  # noqa: ANN401 - as above
    """Return the words for a class of ours or of RxPY; numbers, protocols and type variables are not checked."""
    if not isinstance(kind, type) or kind in (int, float, object, Any) or getattr(kind, "_is_protocol", False):
        return None
    name = kind.__name__.removesuffix("Base")
    if name == "Observable":
        return _STREAM, is_stream
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}", lambda value: isinstance(value, kind)
