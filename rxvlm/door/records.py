"""Records: how a run is at one moment, as plain values; and what of it is new since the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, Protocol, cast

from rxvlm.ledger import Ledger, Tally
from rxvlm.sinks.sink import Counted


class Watched(Protocol):
    """What a run is made of; all of it may change while it works."""

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """The ledgers of its cameras, by name."""
        ...

    def cameras(self) -> Iterable[str]:
        """Return the names of its cameras, in their order."""
        ...

    def rules(self) -> Iterable[str]:
        """Return the names of its rules."""
        ...

    def muted(self) -> Mapping[str, float]:
        """Return until when each muted rule is muted, by its name, in seconds since 1970 (UTC)."""
        ...

    def sinks(self) -> Iterable[tuple[str, Counted]]:
        """Return its sinks with their names, without secrets."""
        ...

    def troubles(self) -> Iterable[str]:
        """Return a line for each model that is down."""
        ...


def camera_record(ledger: Ledger) -> dict[str, Any]:
    """Return the tally of a camera, and since when asking about it is paused."""
    tally = ledger.snapshot()
    return asdict(tally) | {"paused": ledger.pausing.since}


def tally_of(record: Mapping[str, Any]) -> Tally:
    """Return the tally that `camera_record` wrote; keys that are not known are left out.

    Raises:
        TypeError: If it is none.
    """
    known = {one.name for one in fields(Tally)}
    values: dict[str, Any] = {key: value for key, value in record.items() if key in known}
    values["paused"] = record.get("paused") is not None
    return Tally(**values)


def now_record(run: Watched) -> dict[str, Any]:
    """Return how a run is at this moment."""
    muted, ledgers = run.muted(), run.ledgers
    return {
        "cameras": {name: camera_record(ledgers[name]) for name in run.cameras() if name in ledgers},
        "rules": [{"name": rule, "muted": muted.get(rule)} for rule in run.rules()],
        "sinks": [
            {"name": name, "sent": one.sent, "failed": one.failed, "lost": one.lost} for name, one in run.sinks()
        ],
        "troubles": list(run.troubles()),
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a moment is not as it was: the cameras that changed, those that are gone, and lists as a whole.

    >>> changes({"cameras": {"a": 1, "b": 2}, "rules": []}, {"cameras": {"a": 1, "c": 3}, "rules": ["x"]})
    {'cameras': {'c': 3}, 'gone': ['b'], 'rules': ['x']}
    """
    then, cameras = cast("dict[str, Any]", before["cameras"]), cast("dict[str, Any]", now["cameras"])
    new = {name: one for name, one in cameras.items() if then.get(name) != one}
    gone = [name for name in then if name not in cameras]
    found = {"cameras": new, "gone": gone} | {
        key: value for key, value in now.items() if key != "cameras" and before.get(key) != value
    }
    return {key: value for key, value in found.items() if value or key not in ("cameras", "gone")}


def after(before: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a moment as it is after `changes`, or after a line that says how all is.

    Raises:
        TypeError, AttributeError: If it is no such record.
    """
    before = {} if changed.get("whole") else before
    gone = changed.get("gone", [])
    cameras = {name: one for name, one in before.get("cameras", {}).items() if name not in gone}
    lists = {key: changed.get(key, before.get(key, [])) for key in ("rules", "sinks", "troubles")}
    return {"cameras": cameras | dict(changed.get("cameras", {})), **lists}
