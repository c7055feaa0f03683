"""Find the JSON in what a model wrote."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeAlias

Json: TypeAlias = dict[str, Any] | list[Any]

_THOUGHTS = re.compile(r"\A.*</think(?:ing)?>|\A\s*<think(?:ing)?>.*\Z", re.DOTALL)
_FENCED = re.compile(r"```\w*\s(.*?)```", re.DOTALL)
_ENDS = {"{": "}", "[": "]"}


def json_in(text: str) -> Json:
    """Return the one object or array in an answer, without code fences, prose around it and thoughts before it.

    An answer that is cut short or holds several is an error: a part is never taken for the whole.

    >>> json_in('<think>{a draft}</think> Here it is: ```json {"cars": 2} ```')
    {'cars': 2}

    Args:
        text: The answer.

    Raises:
        ValueError: If there is none, or more than one, or it is malformed.
        RecursionError: If it is nested too deep.
    """
    try:
        return _read(text)
    except ValueError:
        said = _THOUGHTS.sub("", text)
    fenced = _FENCED.findall(said)
    said = fenced[0] if len(fenced) == 1 else said
    start = min((at for at in map(said.find, _ENDS) if at >= 0), default=None)
    if start is None:
        raise ValueError("it holds no JSON object")
    end = said.rfind(_ENDS[said[start]]) + 1
    if said.find(said[start], max(start, end)) >= 0:
        raise ValueError("it is cut short")
    return _read(said[start:end])


def _read(text: str) -> Json:
    try:
        found = json.loads(text, strict=False, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not one well-formed JSON object: {error.msg}") from error
    if not isinstance(found, dict | list):
        raise ValueError("it holds no JSON object")  # noqa: TRY004 - the text is wrong, not its type
    return found  # pyright: ignore[reportUnknownVariableType] - the keys of JSON are strings


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is not JSON")
