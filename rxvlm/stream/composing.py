"""compose: several steps as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from reactivex import Observable

from rxvlm.arguments import suggest_options
from rxvlm.stream.stream import Stream

_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")
_D = TypeVar("_D")
_E = TypeVar("_E")
_F = TypeVar("_F")
_G = TypeVar("_G")
_H = TypeVar("_H")
_I = TypeVar("_I")
_J = TypeVar("_J")
_K = TypeVar("_K")
_L = TypeVar("_L")


@overload
def compose(op1: Callable[[Observable[_T]], _A], /) -> Callable[[Observable[_T]], _A]: ...


@overload
def compose(op1: Callable[[Observable[_T]], _A], op2: Callable[[_A], _B], /) -> Callable[[Observable[_T]], _B]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A], op2: Callable[[_A], _B], op3: Callable[[_B], _C], /
) -> Callable[[Observable[_T]], _C]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A], op2: Callable[[_A], _B], op3: Callable[[_B], _C], op4: Callable[[_C], _D], /
) -> Callable[[Observable[_T]], _D]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    /,
) -> Callable[[Observable[_T]], _E]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    /,
) -> Callable[[Observable[_T]], _F]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    op7: Callable[[_F], _G],
    /,
) -> Callable[[Observable[_T]], _G]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    op7: Callable[[_F], _G],
    op8: Callable[[_G], _H],
    /,
) -> Callable[[Observable[_T]], _H]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    op7: Callable[[_F], _G],
    op8: Callable[[_G], _H],
    op9: Callable[[_H], _I],
    /,
) -> Callable[[Observable[_T]], _I]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    op7: Callable[[_F], _G],
    op8: Callable[[_G], _H],
    op9: Callable[[_H], _I],
    op10: Callable[[_I], _J],
    /,
) -> Callable[[Observable[_T]], _J]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    op7: Callable[[_F], _G],
    op8: Callable[[_G], _H],
    op9: Callable[[_H], _I],
    op10: Callable[[_I], _J],
    op11: Callable[[_J], _K],
    /,
) -> Callable[[Observable[_T]], _K]: ...


@overload
def compose(
    op1: Callable[[Observable[_T]], _A],
    op2: Callable[[_A], _B],
    op3: Callable[[_B], _C],
    op4: Callable[[_C], _D],
    op5: Callable[[_D], _E],
    op6: Callable[[_E], _F],
    op7: Callable[[_F], _G],
    op8: Callable[[_G], _H],
    op9: Callable[[_H], _I],
    op10: Callable[[_I], _J],
    op11: Callable[[_J], _K],
    op12: Callable[[_K], _L],
    /,
) -> Callable[[Observable[_T]], _L]: ...


@suggest_options()
def compose(*operators: Callable[[Any], Any]) -> Callable[[Observable[Any]], Any]:
    """Make one operator of several, which are applied one after another; typed for up to twelve.

    As with `Stream.pipe`, each step finds the ledger of the stream, also behind operators of RxPY.

    >>> from rxvlm.operators import buffer_by_count, sample_evenly
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> pairs = compose(buffer_by_count(3), sample_evenly(2))
    >>> print(draw(video_of(frames_at([0.0, 1.0, 2.0])).pipe(pairs), tick=1.0))
    --(0,1)|
    """

    def composed(source: Observable[Any]) -> object:
        made: object = Stream.of(source).pipe(*operators)
        return made

    return composed
