"""as_step, as_hiding_step: steps whose streams say how the step was called."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from reactivex import Observable

from rxvlm.arguments import Kinds, with_shown_types
from rxvlm.display import labels
from rxvlm.stream.stream import Operator, Stream

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_Arguments = ParamSpec("_Arguments")


def as_step(
    function: Callable[_Arguments, Operator[_In, _Out]],
) -> Callable[_Arguments, Operator[_In, _Out]]:
    """Decorate a function that returns an operator, so that its streams say how it was called.

    Its operators return Streams. They are typed as any operator's: type checkers do not follow the items of a Stream
    from one step to the next in the `pipe` of an Observable of RxPY.

    The operator gets a stream whose `ledger` and `live` are those of the stream before it. The arguments of the
    function are checked when it is called, as by `rxvlm.arguments.suggest_options`.
    """
    return _named(function, hides=False)


def as_hiding_step(
    function: Callable[_Arguments, Operator[_In, _Out]],
) -> Callable[_Arguments, Operator[_In, _Out]]:
    """Decorate a function as `as_step` does, if its operator hides parts of the pictures.

    Its streams do not show the first picture of their source.
    """
    return _named(function, hides=True)


def _named(
    function: Callable[_Arguments, Operator[_In, _Out]], *, hides: bool
) -> Callable[_Arguments, Operator[_In, _Out]]:
    kinds = Kinds(function, makes_step=True)

    @wraps(function)
    def made(*args: _Arguments.args, **options: _Arguments.kwargs) -> Operator[_In, _Out]:
        operator = kinds.call(*args, **options)
        label = labels.call(function.__name__, args, options)

        def step(source: Observable[_In]) -> Stream[_Out]:
            return Stream.of(source).then(operator, label, hides=hides)

        return step

    return with_shown_types(made)
