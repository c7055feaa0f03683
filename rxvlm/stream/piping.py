"""Piping: `pipe` with the types of up to twelve steps; and Noting, which looks at the errors of a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from reactivex import Observable
from reactivex.abc import ObserverBase

_T_co = TypeVar("_T_co", covariant=True)
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


class Piping(Observable[_T_co]):
    """An Observable whose `pipe` is typed for up to twelve steps; RxPY's own is typed for seven."""

    @overload
    def pipe(self, op1: Callable[[Observable[_T_co]], _A], /) -> _A: ...

    @overload
    def pipe(self, op1: Callable[[Observable[_T_co]], _A], op2: Callable[[_A], _B], /) -> _B: ...

    @overload
    def pipe(
        self, op1: Callable[[Observable[_T_co]], _A], op2: Callable[[_A], _B], op3: Callable[[_B], _C], /
    ) -> _C: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
        op2: Callable[[_A], _B],
        op3: Callable[[_B], _C],
        op4: Callable[[_C], _D],
        /,
    ) -> _D: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
        op2: Callable[[_A], _B],
        op3: Callable[[_B], _C],
        op4: Callable[[_C], _D],
        op5: Callable[[_D], _E],
        /,
    ) -> _E: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
        op2: Callable[[_A], _B],
        op3: Callable[[_B], _C],
        op4: Callable[[_C], _D],
        op5: Callable[[_D], _E],
        op6: Callable[[_E], _F],
        /,
    ) -> _F: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
        op2: Callable[[_A], _B],
        op3: Callable[[_B], _C],
        op4: Callable[[_C], _D],
        op5: Callable[[_D], _E],
        op6: Callable[[_E], _F],
        op7: Callable[[_F], _G],
        /,
    ) -> _G: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
        op2: Callable[[_A], _B],
        op3: Callable[[_B], _C],
        op4: Callable[[_C], _D],
        op5: Callable[[_D], _E],
        op6: Callable[[_E], _F],
        op7: Callable[[_F], _G],
        op8: Callable[[_G], _H],
        /,
    ) -> _H: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
        op2: Callable[[_A], _B],
        op3: Callable[[_B], _C],
        op4: Callable[[_C], _D],
        op5: Callable[[_D], _E],
        op6: Callable[[_E], _F],
        op7: Callable[[_F], _G],
        op8: Callable[[_G], _H],
        op9: Callable[[_H], _I],
        /,
    ) -> _I: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
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
    ) -> _J: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
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
    ) -> _K: ...

    @overload
    def pipe(
        self,
        op1: Callable[[Observable[_T_co]], _A],
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
    ) -> _L: ...

    def pipe(self, *operators: Callable[[Any], Any]) -> Any:
        """Apply operators one after another, and return what the last one makes."""
        return self._through(operators)

    def _through(self, operators: tuple[Callable[[Any], Any], ...]) -> object:
        made: Any = self
        for operator in operators:
            made = operator(made)
        return made


class Noting:
    """Passes on what a step emits; an error is noted before."""

    __slots__ = ("on_completed", "on_error", "on_next")  # attributes, not methods: no further call for each item

    def __init__(self, observer: ObserverBase[Any], note: Callable[[Exception], None]) -> None:
        def on_error(error: Exception) -> None:
            note(error)
            observer.on_error(error)

        self.on_next, self.on_completed, self.on_error = observer.on_next, observer.on_completed, on_error
