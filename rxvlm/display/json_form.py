"""The JSON form of analyses and events: what both have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from pydantic_core import to_jsonable_python

from rxvlm.display.named_errors import named_error
from rxvlm.ticks import to_seconds, to_ticks

VERSION: Final = 1
"""The version of the form. A key may be added in the same version; none is removed or changes its meaning."""


def whole(seconds: float | None) -> float | None:
    """Return a time in whole microseconds, without the noise of float arithmetic.

    >>> whole(8.000000000000002), whole(None)
    (8.0, None)
    """
    return None if seconds is None else to_seconds(to_ticks(seconds))


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return a value as plain values, ready for JSON; infinite numbers and NaN become None.

    >>> import numpy as np
    >>> plain({"n": np.int64(2), "share": float("nan"), "seen": {1}})
    {'n': 2, 'share': None, 'seen': [1]}
    """
    return to_jsonable_python(value, fallback=_fallback, bytes_mode="base64", inf_nan_mode="null")


def error_record(error: Exception | None) -> dict[str, str] | None:
    """Return an error as its kind, the name of its class, and its message."""
    return None if error is None else {"kind": type(error).__name__, "message": str(error)}


def error_from(record: Mapping[str, Any] | None) -> Exception | None:
    """Return the error of a record, as its own class, by name; see `named_error`."""
    return None if record is None else named_error(record["kind"], record["message"])


def check_record(record: Mapping[str, Any], kind: str) -> None:
    """Check that a record is of a type, in a version that can be read.

    Raises:
        ValueError: If it is not.
    """
    if record.get("type") != kind:
        raise ValueError(f"this is not a record of an {kind}: its type is {record.get('type')!r}")
    if record.get("version") != VERSION:
        raise ValueError(f"an {kind} of version {record.get('version')!r} cannot be read, only of version {VERSION}")


def field_of(record: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a field of a record.

    Raises:
        ValueError: If it is missing.
    """
    if name not in record:
        raise ValueError(f"the record of an {record.get('type')} has no {name!r}")
    return record[name]


def _fallback(value: object) -> object:
    """Return mappings as dictionaries, NumPy's numbers and arrays as Python's, anything else as a string."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    as_list = getattr(value, "tolist", None)
    return as_list() if callable(as_list) else str(value)
