"""Misuse: a step in the wrong place, a number that is none, an option that is not there; and what to do instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from inspect import Parameter, signature
from numbers import Integral, Number, Real
from types import MappingProxyType
from typing import Final, TypeVar

from reactivex import Observable
from reactivex import operators as ops

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.stream import Operator
from rxvlm.uri import without_secrets
from rxvlm.window import Window

_In = TypeVar("_In", Frame, Window, Clip)
_Out = TypeVar("_Out")
_Function = TypeVar("_Function", bound=Callable[..., object])

_SPINE: Final = (Frame, Window, Clip, Analysis)
_MISSING: Final[Mapping[type, str]] = {
    Frame: "Frame.of(image, time) makes one of an array",
    Window: "put buffer_by_time(...) before it",
    Clip: "put encode_mp4() or encode_jpegs() before it",
}
_AN: Final = ("a", "e", "i", "o", "u", "nd")  # an ndarray, as it is read
_NO_HINTS: Final[Mapping[str, str]] = MappingProxyType({})


def taking(kind: type[_In], step: str, operator: Operator[_In, _Out]) -> Operator[_In, _Out]:
    """Give a step that ends its stream with a TypeError, and says what to do, where it stands in the wrong place.

    >>> from rxvlm.operators import sample_evenly
    >>> from rxvlm.testing import frames_at, play, video_of
    >>> play(video_of(frames_at([0.0])).pipe(sample_evenly(2)))
    [(0.0, TypeError('sample_evenly takes Windows, not a Frame: put buffer_by_time(...) before it'))]

    Args:
        kind: What it takes.
        step: What it is called.
        operator: What it does.
    """

    def checked(item: object) -> _In:
        if isinstance(item, kind):
            return item
        raise TypeError(f"{step} takes {kind.__name__}s, not {shown(item)}: {_remedy(kind, item)}")

    return lambda source: operator(source.pipe(ops.map(checked)))


def whole(name: str, value: object) -> None:
    """Refuse an argument that is no whole number.

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, not {shown(value)}{_uncalled(value)}")


def real(name: str, value: object, of: str = "") -> None:
    """Refuse an argument that is no number, ``of`` seconds or whatever it counts.

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number{of and ' of '}{of}, not {shown(value)}{_uncalled(value)}")


def known(function: Callable[..., object], options: Mapping[str, object], hints: Mapping[str, str] = _NO_HINTS) -> None:
    """Refuse an option that a function has not, and say which one was meant.

    Args:
        function: Its options are `spelled_out`.
        options: What it was given.
        hints: What to say, sign and all, of options that some look for.

    Raises:
        TypeError: If there is one that it has not.
    """
    names = [name for name, one in signature(function).parameters.items() if one.default is not Parameter.empty]
    for option in options:
        if option not in names:
            near = next(iter(get_close_matches(option, [*names, *hints], 1)), None)
            meant = f": did you mean {near!r}?" if near else f"; it has {', '.join(names)}"
            raise TypeError(f"{function.__name__} has no option {option!r}{hints.get(near or '', meant)}")


def spelled_out(options: type, like: Callable[..., object]) -> Callable[[_Function], _Function]:
    """Let ``help`` and completion show a function's ``**options`` one by one, with their types and defaults.

    Args:
        options: The TypedDict of their names.
        like: A function that has them all.
    """

    def spell_out(function: _Function) -> _Function:
        own = signature(function)
        shown = [one for one in own.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        shown += [one for name, one in signature(like).parameters.items() if name in options.__annotations__]
        setattr(function, "__signature__", own.replace(parameters=shown))  # noqa: B010 - no type knows that name
        return function

    return spell_out


def shown(value: object) -> str:
    """Say what something is: a number or a text as it is, of anything else its kind.

    >>> shown(2.5), shown("6"), shown(None), shown([1, 2])
    ('2.5', "'6'", 'None', 'a list')
    """
    if value is None or isinstance(value, str | Number):
        return without_secrets(repr(value))
    name = type(value).__name__
    return f"{'an' if name.lower().startswith(_AN) else 'a'} {name}"


def _remedy(kind: type, item: object) -> str:
    if isinstance(item, _SPINE[_SPINE.index(kind) + 1 :]):
        return f"put it before the step that makes the {type(item).__name__}, or leave one of the two out"
    return _MISSING[kind]


def _uncalled(value: object) -> str:
    """Give what to say to those who wrote a step's name where a step should stand."""
    is_source = isinstance(value, Observable)
    return ": a step is called where it stands in a pipe, as in pipe(buffer_by_time(10.0))" if is_source else ""
