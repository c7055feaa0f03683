"""The entries of a store as a table of pandas."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

from rxvlm.errors import MissingPartError
from rxvlm.store.stored import Stored


def frame_of(found: Sequence[Stored]) -> Any:  # noqa: ANN401 - a DataFrame, of a package that is not there everywhere
    """Return a table of answers or events, the oldest first.

    Args:
        found: What a search found, the newest first.

    Raises:
        MissingPartError: If pandas is not installed.
    """
    try:
        pandas: Any = import_module("pandas")
    except ImportError as error:
        raise MissingPartError("a table needs pandas: pip install pandas") from error
    table = pandas.DataFrame([_row(one) for one in reversed(found)])
    if len(table):
        table["at"] = pandas.to_datetime(table["at"], unit="s", utc=True)
    return table


def _row(one: Stored) -> dict[str, Any]:
    answer: dict[str, Any] = (one.record["analysis"] or {}) if one.is_event else dict(one.record)
    value = cast("dict[str, Any] | None", answer.get("value"))
    error: dict[str, Any] = answer.get("error") or {}
    fields = {f"value.{name}": said for name, said in value.items()} if isinstance(value, dict) else {}
    row = {**one.record, "id": one.id, "at": one.at, "text": one.text, **fields}
    plain = {name: said for name, said in row.items() if not isinstance(said, list | dict)}
    return {**plain, "error": error.get("message")}
