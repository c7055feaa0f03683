"""A compiled text in CEL, and what it gives for some data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from rxvlm.rules.cel.checks import refuse

_PLACE: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_NUMBERS: Final = re.compile(
    r"found no matching overload for '_(?:==|!=|<|<=|>|>=)_' applied to '\((?:int|uint|double), (?:int|uint|double)\)'"
)
_OVERLOAD: Final = re.compile(r"found no matching overload for '(\S+)' applied to '\((.*)\)'")
_CODE: Final = re.compile(r"^[A-Z_]+: ")
_NO_VALUE: Final = re.compile(r'No value with name "(\w+)" found in Activation')
_NO_KEY: Final = re.compile(r'Key not found in map : "(.*)"')
_STRINGS: Final = frozenset({"text", "camera", "error"})


class Outcome(NamedTuple):
    """What a text gives: a bool, or None with the reason why it is unknown."""

    held: bool | None
    why: str = ""


_HELD: Final = Outcome(held=True)
_DID_NOT: Final = Outcome(held=False)


class Program:
    """A compiled text.

    Args:
        text: The text.
        names: The fields that it names.
        types: The JSON type of those fields whose type is known.

    Raises:
        ValueError: If the text is wrong; it points at the place.
    """

    def __init__(self, text: str, names: frozenset[str], types: Mapping[str, str]) -> None:
        # Only conditions as text need it.
        from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs] - only its module has types

        kinds = {"string": cel.Type.STRING, "boolean": cel.Type.BOOL}
        known = {**types, **dict.fromkeys(_STRINGS, "string")}
        declared = {name: kinds.get(known.get(name, ""), cel.Type.DYN) for name in names}  # numbers of any kind compare
        self._program = _compiled(cel.NewEnv(variables=declared), text)
        kind = self._program.return_type()
        if kind not in (cel.Type.BOOL, cel.Type.DYN):
            raise ValueError(f"a condition is true or false, and {text!r} is {_name(kind.name())}: compare it")

    def __call__(self, data: Mapping[str, Any]) -> Outcome:
        """Evaluate the text."""
        try:
            found = self._program.eval(data=data)
            value = found.value()
        except Exception as error:  # noqa: BLE001 - what C++ raises, such as for an endless comparison
            return Outcome(None, _told(str(error)))
        if value is True:
            return _HELD
        if value is False:
            return _DID_NOT
        if found.type().name() == "ERROR":
            return Outcome(None, _told(str(value)))
        return Outcome(None, f"it is {_name(found.type().name())}, not true or false")


def _compiled(env: Any, text: str) -> Any:  # noqa: ANN401 - classes of the package have no public names
    try:
        return env.compile(text)
    except Exception as error:  # noqa: BLE001 - RuntimeError, and whatever else C++ raises
        places = _PLACE.findall(str(error))
        if places and all(_NUMBERS.search(said) for _, _, said in places):
            return env.compile(text, disable_check=True)  # CEL's checker wants equal types, CEL itself compares
        _explain(text, places, str(error))


def _explain(text: str, places: list[tuple[str, str, str]], whole: str) -> Any:  # noqa: ANN401 - it raises
    if not places:
        raise ValueError(f"this condition cannot be compiled: {_told(whole).splitlines()[0]}")
    line, column, said = places[0]
    at = sum(len(one) + 1 for one in text.split("\n")[: max(0, int(line) - 1)]) + max(0, int(column) - 1)
    refuse(text, min(at, len(text)), _plain(said))


def _plain(said: str) -> str:
    """Return what the compiler says in words that a user of CEL knows."""
    said = said.removesuffix(" [INVALID_ARGUMENT]").split(" expecting ")[0].split(" (in container")[0]
    found = _OVERLOAD.search(said)
    if found is None:
        return said
    operator, types = found[1].strip("_@"), found[2]
    if operator == "in" and types.endswith("string"):
        return "`in` does not look into a string: write text.contains('...')"
    return f"{operator} does not take {types}"


def _told(why: str) -> str:
    """Return why an evaluation failed."""
    missing = _NO_VALUE.search(why) or _NO_KEY.search(why)
    return f"there is no field {missing[1]!r}" if missing else _CODE.sub("", why).strip()


def _name(kind: str) -> str:
    words = {"INT": "a number", "DOUBLE": "a number", "UINT": "a number", "STRING": "a string", "NULL": "null"}
    return words.get(kind, f"a {kind.split('<', maxsplit=1)[0].lower()}")
