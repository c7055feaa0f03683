"""Types as a signature shows them in a notebook's tooltip: with the choices of a `Literal`, not as quoted names."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from inspect import signature, unwrap
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Final, Literal, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_Function = TypeVar("_Function", bound=Callable[..., Any])

_MOST_CHOICES: Final = 8  # of a type that has more, the page of the docs says which
_WORDS: Final = re.compile(r"\b[A-Za-z]\w*\b")
_MODULES: Final = re.compile(r"\b(?:\w+\.)+(?=\w)")


def with_shown_types(function: _Function) -> _Function:
    """Let the signature of a function or class show its types in words; it itself stays as it is.

    >>> def encode(effort: "Literal['exact', 'copy'] | None" = None) -> "int": ...
    >>> signature(with_shown_types(encode))
    <Signature (effort: Literal['exact', 'copy'] | None = None) -> int>

    The types are looked up when the signature is shown, so that an import costs nothing.
    """
    known = signature(function)
    parameters = [one.replace(annotation=_shown(function, one.annotation)) for one in known.parameters.values()]
    returned = _shown(function, known.return_annotation)
    shown = known.replace(parameters=parameters, return_annotation=returned)
    setattr(function, "__signature__", shown)  # noqa: B010 - functions and classes may have it, and no type says so
    return function


def _shown(function: Callable[..., Any], annotation: Any) -> Any:  # noqa: ANN401 - an annotation may be anything
    return _Shown(annotation).of(function) if isinstance(annotation, str) else annotation


class _Shown(str):
    """An annotation as it was written, a text, which shows itself in words."""

    __slots__ = ("_names",)

    def of(self, function: Callable[..., Any]) -> Self:
        """Say in which function it stands, whose module has its names."""
        inner = unwrap(function)
        self._names: dict[str, Any] = getattr(inner, "__globals__", vars(sys.modules[inner.__module__]))
        return self

    def __repr__(self) -> str:
        one = SimpleNamespace(__annotations__={"it": str(self)})
        try:
            return type_in_words(get_type_hints(one, self._names)["it"])
        except (NameError, TypeError):  # a name that only type checkers import; an alias of such names is a text
            return _WORDS.sub(self._alias, self)

    def _alias(self, word: re.Match[str]) -> str:
        known = self._names.get(word[0])
        return known if isinstance(known, str) else word[0]


def type_in_words(hint: Any) -> str:  # noqa: ANN401 - a type may be anything
    """Return a type as it is written in code, without the modules of its names.

    >>> type_in_words(Union[str, Callable[[int], str], Literal["a", "b"], None])
    "str | Callable[[int], str] | Literal['a', 'b'] | None"
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, parts))}]" if len(parts) <= _MOST_CHOICES else "str"
    if origin is Annotated:
        return type_in_words(parts[0])
    if origin in (Union, UnionType):
        return " | ".join(map(type_in_words, parts))
    if isinstance(hint, list):  # the arguments of a Callable
        return f"[{_list(cast('list[Any]', hint))}]"
    return _name(hint) if origin is None else f"{_name(origin)}[{_list(parts)}]"


def _list(hints: Iterable[Any]) -> str:
    return ", ".join(map(type_in_words, hints))


def _name(hint: Any) -> str:  # noqa: ANN401 - a type may be anything
    if hint in (NoneType, ...):
        return "None" if hint is NoneType else "..."
    name = getattr(hint, "__name__", None)
    return name if isinstance(name, str) else _MODULES.sub("", repr(hint).lstrip("~+-"))
