"""What a step of a pipeline is called, as the user wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import getclosurevars
from typing import Any, Final

from rxvlm.text import one_line
from rxvlm.uri import without_secrets

_LONGEST: Final = 48  # characters of one argument
_PLUMBING: Final = ("ledger", "on_drop", "scheduler", "overflow", "capacity", "order")  # where it runs and counts
_CLOSURES: Final = ("operator", "op", "inner", "step", "with_check", "composed")  # names that say nothing


def call(name: str, arguments: Iterable[object] = (), options: Mapping[str, object] | None = None) -> str:
    """Return a call as the user wrote it, in short: without secrets, and without what says where it runs or counts.

    >>> call("encode_mp4", [640], {"exact": False, "on_drop": print})
    'encode_mp4(640, exact=False)'
    """
    shown = [value_in_short(value) for value in arguments if value is not None]
    chosen = {name: value for name, value in (options or {}).items() if name not in _PLUMBING and value is not None}
    shown += [f"{name}={value_in_short(value)}" for name, value in chosen.items()]
    return f"{name}({', '.join(shown)})"


def value_in_short(value: object) -> str:
    """Return an argument in one short line: a function by its name, an object that does not show itself by its type.

    >>> value_in_short(len), value_in_short(object()), value_in_short("What?")
    ('len', 'object', "'What?'")
    """
    if value is ...:
        return "..."
    name: object = getattr(value, "__name__", getattr(value, "name", None))  # of functions; of models, ledgers, streams
    if isinstance(name, str):
        return one_line(name)
    shown = without_secrets(one_line(repr(value)))
    if len(shown) <= _LONGEST and " at 0x" not in shown:
        return shown
    return f"{shown[: _LONGEST - 3]}..." if isinstance(value, str) else type(value).__name__


def operator_label(operator: Callable[..., Any]) -> str:
    """Return what an operator is called, with its arguments if it is one of RxPY's.

    >>> from reactivex import operators as ops
    >>> operator_label(ops.take(2)), operator_label(lambda stream: stream)
    ('take(2)', '<lambda>')
    """
    name = getattr(operator, "__name__", type(operator).__name__)
    if name == "_wrap_curried":  # RxPY's operators close over the function that was called, and over its arguments
        known = getclosurevars(operator).nonlocals
        if callable(known.get("fun")):
            return call(known["fun"].__name__.strip("_"), known.get("args", ()), known.get("kwargs"))
    made_by = getattr(operator, "__qualname__", name).removesuffix(f".<locals>.{name}").rpartition(".")[2].strip("_")
    return call(made_by, [...]) if name in _CLOSURES and made_by != name else name
