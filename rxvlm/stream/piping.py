"""Piping: `pipe` with the types of up to twelve steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

from reactivex import Observable

if TYPE_CHECKING:
    from rxvlm.stream.stream import Stream

_T_co = TypeVar("_T_co", covariant=True)
_In = TypeVar("_In")
_Out = TypeVar("_Out")
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
_M = TypeVar("_M")

Operator: TypeAlias = Callable[[Observable[_In]], Observable[_Out]]
"""A step of a pipeline: a function from one Observable to another; used with ``pipe``."""

_Op: TypeAlias = Operator[_In, _Out]
_Fn: TypeAlias = Callable[[_In], _Out]


class Piping(Observable[_T_co]):
    """An Observable whose `pipe` is typed for up to twelve steps; RxPY's own is typed for seven.

    The first twelve overloads know the items from step to step, so that type checkers know them also behind RxPY's
    operators, and that the result is a Stream. The others, as RxPY has them, are for functions that take or return
    something else than an Observable, such as ``ops.ref_count`` and ``ops.partition``.
    """

    @overload
    def pipe(self, a: _Op[_T_co, _A], /) -> Stream[_A]: ...

    @overload
    def pipe(self, a: _Op[_T_co, _A], b: _Op[_A, _B], /) -> Stream[_B]: ...

    @overload
    def pipe(self, a: _Op[_T_co, _A], b: _Op[_A, _B], c: _Op[_B, _C], /) -> Stream[_C]: ...

    @overload
    def pipe(self, a: _Op[_T_co, _A], b: _Op[_A, _B], c: _Op[_B, _C], d: _Op[_C, _D], /) -> Stream[_D]: ...

    @overload
    def pipe(
        self, a: _Op[_T_co, _A], b: _Op[_A, _B], c: _Op[_B, _C], d: _Op[_C, _D], e: _Op[_D, _E], /
    ) -> Stream[_E]: ...

    @overload
    def pipe(
        self, a: _Op[_T_co, _A], b: _Op[_A, _B], c: _Op[_B, _C], d: _Op[_C, _D], e: _Op[_D, _E], f: _Op[_E, _F], /
    ) -> Stream[_F]: ...

    @overload
    def pipe(
        self,
        a: _Op[_T_co, _A],
        b: _Op[_A, _B],
        c: _Op[_B, _C],
        d: _Op[_C, _D],
        e: _Op[_D, _E],
        f: _Op[_E, _F],
        g: _Op[_F, _G],
        /,
    ) -> Stream[_G]: ...

    @overload
    def pipe(
        self,
        a: _Op[_T_co, _A],
        b: _Op[_A, _B],
        c: _Op[_B, _C],
        d: _Op[_C, _D],
        e: _Op[_D, _E],
        f: _Op[_E, _F],
        g: _Op[_F, _G],
        h: _Op[_G, _H],
        /,
    ) -> Stream[_H]: ...

    @overload
    def pipe(
        self,
        a: _Op[_T_co, _A],
        b: _Op[_A, _B],
        c: _Op[_B, _C],
        d: _Op[_C, _D],
        e: _Op[_D, _E],
        f: _Op[_E, _F],
        g: _Op[_F, _G],
        h: _Op[_G, _H],
        i: _Op[_H, _I],
        /,
    ) -> Stream[_I]: ...

    @overload
    def pipe(
        self,
        a: _Op[_T_co, _A],
        b: _Op[_A, _B],
        c: _Op[_B, _C],
        d: _Op[_C, _D],
        e: _Op[_D, _E],
        f: _Op[_E, _F],
        g: _Op[_F, _G],
        h: _Op[_G, _H],
        i: _Op[_H, _I],
        j: _Op[_I, _J],
        /,
    ) -> Stream[_J]: ...

    @overload
    def pipe(
        self,
        a: _Op[_T_co, _A],
        b: _Op[_A, _B],
        c: _Op[_B, _C],
        d: _Op[_C, _D],
        e: _Op[_D, _E],
        f: _Op[_E, _F],
        g: _Op[_F, _G],
        h: _Op[_G, _H],
        i: _Op[_H, _I],
        j: _Op[_I, _J],
        k: _Op[_J, _K],
        /,
    ) -> Stream[_K]: ...

    @overload
    def pipe(
        self,
        a: _Op[_T_co, _A],
        b: _Op[_A, _B],
        c: _Op[_B, _C],
        d: _Op[_C, _D],
        e: _Op[_D, _E],
        f: _Op[_E, _F],
        g: _Op[_F, _G],
        h: _Op[_G, _H],
        i: _Op[_H, _I],
        j: _Op[_I, _J],
        k: _Op[_J, _K],
        m: _Op[_K, _M],
        /,
    ) -> Stream[_M]: ...

    @overload
    def pipe(self, a: _Fn[Observable[_T_co], _A], /) -> _A: ...

    @overload
    def pipe(self, a: _Fn[Observable[_T_co], _A], b: _Fn[_A, _B], /) -> _B: ...

    @overload
    def pipe(self, a: _Fn[Observable[_T_co], _A], b: _Fn[_A, _B], c: _Fn[_B, _C], /) -> _C: ...

    @overload
    def pipe(self, a: _Fn[Observable[_T_co], _A], b: _Fn[_A, _B], c: _Fn[_B, _C], d: _Fn[_C, _D], /) -> _D: ...

    @overload
    def pipe(
        self, a: _Fn[Observable[_T_co], _A], b: _Fn[_A, _B], c: _Fn[_B, _C], d: _Fn[_C, _D], e: _Fn[_D, _E], /
    ) -> _E: ...

    @overload
    def pipe(
        self,
        a: _Fn[Observable[_T_co], _A],
        b: _Fn[_A, _B],
        c: _Fn[_B, _C],
        d: _Fn[_C, _D],
        e: _Fn[_D, _E],
        f: _Fn[_E, _F],
        /,
    ) -> _F: ...

    @overload
    def pipe(
        self,
        a: _Fn[Observable[_T_co], _A],
        b: _Fn[_A, _B],
        c: _Fn[_B, _C],
        d: _Fn[_C, _D],
        e: _Fn[_D, _E],
        f: _Fn[_E, _F],
        g: _Fn[_F, _G],
        /,
    ) -> _G: ...

    def pipe(self, *operators: Callable[[Any], Any]) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - RxPY's overloads are all here, behind those that return Streams
        """Apply operators one after another, and return what the last one makes."""
        return self._through(operators)

    def _through(self, operators: tuple[Callable[[Any], Any], ...]) -> object:
        made: Any = self
        for operator in operators:
            made = operator(made)
        return made
