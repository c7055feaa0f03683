"""The options about typed answers and events: ``--fields``, ``--schema``, ``--alert`` and what belongs to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import NEVER_OPENED
from rxvlm.text import one_line
from rxvlm.watching.fields import schema_from

Fields: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME:TYPE,...",
        help='Ask for typed fields, as "people:int, danger:bool, colour:str"; types: int, float, bool, str, list.',
    ),
]

Schema: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Ask for JSON that matches the JSON schema in this file.")
]

Alert: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME: CONDITION",
        help='Report when a condition on the fields begins and ends, such as "intruder: people > 0", in CEL; '
        "you may repeat this option.",
    ),
]

Need: TypeAlias = Annotated[
    str, typer.Option(metavar="N/M", help="An alert begins when its condition held for N of the last M known answers.")
]

Clear: TypeAlias = Annotated[
    int, typer.Option(min=1, help="It ends when the condition did not hold for this number of known answers in a row.")
]

Cooldown: TypeAlias = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0.0, max=31_622_400, help="Seconds after an alert in which no other begins."),
]

_ALERT: Final = re.compile(r"\s*([\w][\w .-]*?)\s*:\s*(\S.*)", re.DOTALL)


def schema_of(fields: str | None, file: Path | None) -> dict[str, Any] | None:
    """Return the JSON schema that answers must match; None without one of the options.

    >>> schema_of("people:int, colour:str", None)["properties"]
    {'people': {'type': 'integer'}, 'colour': {'type': 'string'}}

    Raises:
        ValueError: If it cannot be read, or both options are used.
        OSError: If the file cannot be read.
    """
    if fields is not None and file is not None:
        raise ValueError("use --fields or --schema, not both")
    if file is not None:
        return _schema_in(file)
    return None if fields is None else schema_from(fields, "--fields")


def rules_of(
    alerts: Sequence[str], need: str, clear: int, cooldown: float, schema: Mapping[str, Any] | None
) -> list[rxvlm.rules.Rule]:
    """Make the rules of the option ``--alert``.

    Args:
        alerts: Each a name and a condition, apart by a colon.
        need: As ``2/3``.
        clear: As of `rxvlm.rule`, and so is ``cooldown``.
        cooldown: Seconds.
        schema: The schema of the answers' values, if it is known.

    Raises:
        ValueError: If one cannot be read.
        typer.Exit: If a condition is wrong; lines on stderr point at the place.
    """
    from rxvlm.rules.detection import LOST_AFTER_SECONDS, need_in

    thresholds = need_in(need)
    if thresholds is None:
        raise ValueError(f"--need is written as 2/3, for 2 of the last 3 answers, not {need!r}")
    rules: list[rxvlm.rules.Rule] = []
    for alert in alerts:
        name, text = _named(alert)
        if any(one.name == name for one in rules):
            raise ValueError(f"two alerts have the name {name!r}")
        condition = _condition(name, text, schema)
        rules.append(
            rxvlm.rule(name, condition, need=thresholds, clear=clear, cooldown=cooldown, lost_after=LOST_AFTER_SECONDS)
        )
    return rules


def _named(alert: str) -> tuple[str, str]:
    found = _ALERT.fullmatch(alert)
    if found is None:
        raise ValueError(f'--alert is a name and a condition, as in "intruder: people > 0", not {alert!r}')
    return found[1], found[2]


def _condition(name: str, text: str, schema: Mapping[str, Any] | None) -> rxvlm.rules.Condition:
    try:
        return rxvlm.condition(text, schema=schema)
    except ValueError as error:  # in lines of their own, since the message points at a place
        first, *more = str(error).split("\n")
        typer.echo(f"rxvlm: --alert {name}: {one_line(first)}", err=True)
        for line in more:
            typer.echo(line, err=True)
        raise typer.Exit(NEVER_OPENED) from None


def _schema_in(file: Path) -> dict[str, Any]:
    try:
        schema: object = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # also what is not UTF-8
        raise ValueError(f"--schema {file} is not JSON: {error}") from None
    if not isinstance(schema, dict):
        raise ValueError(f"--schema {file} is not a JSON schema, which is a JSON object")  # noqa: TRY004 - the file is wrong
    return cast("dict[str, Any]", schema)
