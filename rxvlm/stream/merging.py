"""Where the items of merged streams come from: found in what RxPY's functions close over."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from inspect import getclosurevars
from types import FunctionType
from typing import Any, Final, cast

from reactivex import Observable
from reactivex import operators as ops

from rxvlm.ledger import Ledger
from rxvlm.stream.origin import Origin

_MOST: Final = 500  # values that are looked at
_SAY_WHEN: Final = (  # operators of RxPY whose other streams only say when; their items do not pass
    "buffer",
    "buffer_toggle",
    "buffer_when",
    "delay_subscription",
    "delay_with_mapper",
    "sample",
    "skip_until",
    "take_until",
    "throttle_with_mapper",
    "window",
    "window_toggle",
    "window_when",
    "with_latest_from",
)

_EMIT_STREAMS: Final = (
    "group_by",
    "group_by_until",
    "window",
    "window_toggle",
    "window_when",
    "window_with_count",
    "window_with_time",
    "window_with_time_or_count",
)


def origin_of(source: Observable[Any]) -> Origin:
    """Return where the items of an Observable of RxPY's come from: from all the streams that it was made of.

    RxPY has no way to ask, so the functions of its own that make an Observable are searched for streams. What a
    function of the user's refers to is not known.
    """
    return together(list(_origins_in([source])))


def origin_behind(operator: Callable[..., object], before: Origin, made: Observable[Any]) -> Origin:
    """Return where the items come from that an operator has made of a stream's.

    Args:
        operator: The operator.
        before: Where the stream's items come from.
        made: What the operator has made of it.
    """
    name, given = _call(operator)
    if name in _SAY_WHEN:
        return before
    found = [*_origins_in(given), *_origins_in([made] if type(made) is Observable else [])]
    others = [origin for origin in found if origin is not before]
    return together([before, *others]) if others else before


def with_origin_of_parts(operator: Callable[..., object], origin: Origin, made: Observable[Any]) -> Observable[Any]:
    """Return what an operator has made; if it emits streams, such as one for each camera, they know their origin.

    Args:
        operator: The operator.
        origin: Where the items come from.
        made: What it has made.
    """
    name, _ = _call(operator)
    return ops.do_action(partial(_set_origin, origin))(made) if name in _EMIT_STREAMS else made


def _set_origin(origin: Origin, part: object) -> None:
    if isinstance(part, Observable) and not isinstance(getattr(cast("object", part), "origin", None), Origin):
        vars(cast("object", part))["origin"] = origin


def _call(operator: Callable[..., object]) -> tuple[str, Sequence[object]]:
    """Return the name of an operator of RxPY's, and the arguments it was called with; they are in its closure."""
    name = getattr(operator, "__name__", "")
    if name != "_wrap_curried":
        return name, ()
    known = getclosurevars(operator).nonlocals
    name = getattr(known.get("fun"), "__name__", "").rstrip("_")
    return name, (*known.get("args", ()), *known.get("kwargs", {}).values())


def together(origins: Sequence[Origin]) -> Origin:
    """Return the origin of items that come from several places; it has the ledgers of all, by their names.

    Cameras of the same name cannot be told apart by their frames, and are counted nowhere from here on.
    """
    ledgers = ChainMap(*(cast("dict[str, Ledger]", origin.ledgers) for origin in reversed(origins)))  # they may grow
    clashes = {name for name in ledgers if len({id(one[name]) for one in ledgers.maps if name in one}) > 1}
    if not clashes:
        return Origin(ledgers)
    numbered = {
        f"{name} ({number})" if name in clashes else name: ledger
        for number, origin in enumerate(origins, 1)
        for name, ledger in origin.ledgers.items()
    }
    return Origin(numbered)


def _origins_in(values: Iterable[object]) -> Iterator[Origin]:
    """Yield the origins of all streams that are found from some values on."""
    waiting, seen = list(values), set[int]()
    while waiting and len(seen) < _MOST:
        value = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        origin: object = getattr(cast("object", value), "origin", None) if isinstance(value, Observable) else None
        if isinstance(origin, Origin):
            yield origin
        else:
            waiting += _inside(cast("object", value))


def _inside(value: object) -> list[object]:
    if isinstance(value, Observable):
        return [getattr(cast("object", value), "_subscribe", None)]
    if isinstance(value, list | tuple):
        return list(cast("Sequence[object]", value))
    if isinstance(value, FunctionType) and (value.__module__ or "").partition(".")[0] == "reactivex":
        return [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
    return []


def _is_filled(cell: Any) -> bool:  # noqa: ANN401 - Python has no public name for its type
    try:
        cell.cell_contents  # noqa: B018 - it raises where the name is not assigned yet
    except ValueError:
        return False
    return True
