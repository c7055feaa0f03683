"""StageTimes: how old answers were and where their time went, over the last hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rxvlm.terminal.ages import percentile

AGE: Final = "age"
STAGES: Final = ("arrive", "encode", "queue", "limit", "first", "rest")
"""The keys of `Analysis.timings`, in the order in which they pass."""
SHARES: Final = (0.5, 0.95, 0.99)
"""The percentiles that are shown, as shares."""

_MINUTES: Final = 60
_MOST_IN_A_MINUTE: Final = 600  # of each stage; more are left out of the percentiles


@dataclass(frozen=True, slots=True)
class StageRow:
    """What is known of the age, or of one stage.

    Attributes:
        name: ``"age"``, or a stage.
        hour: Seconds at each of `SHARES` over the hour; None where there is none.
        minutes: For each of `SHARES`, seconds in each minute of the hour, the oldest first.
    """

    name: str
    hour: tuple[float | None, ...]
    minutes: tuple[tuple[float | None, ...], ...]


class StageTimes:
    """Collects the ages and the timings of a camera's answers, by minute, for an hour."""

    def __init__(self) -> None:
        self._minutes: dict[int, dict[str, list[float]]] = {}

    def add(self, at: float, record: Mapping[str, Any]) -> None:
        """Add an answer; one that failed, or is an hour older than the newest, is left out.

        Args:
            at: Its time, in seconds.
            record: Its JSON form.
        """
        minute = int(at // 60)
        if record["error"] is not None or (self._minutes and minute <= max(self._minutes) - _MINUTES):
            return
        stages = self._minutes.setdefault(minute, defaultdict(list))
        timings: Mapping[str, float | None] = record.get("timings") or {}
        for name, seconds in {AGE: record["age"], **timings}.items():
            if seconds is not None and len(stages[name]) < _MOST_IN_A_MINUTE:
                stages[name].append(seconds)
        for old in [one for one in self._minutes if one <= max(self._minutes) - _MINUTES]:
            del self._minutes[old]

    def at(self, share: float) -> float | None:
        """Return the age at a share of the hour's answers; None if none is known."""
        return percentile(sorted(self._all(AGE)), share)

    def rows(self) -> list[StageRow]:
        """Return a row for the age and one for each stage, those that are known."""
        rows = [self._row(name) for name in (AGE, *STAGES)]
        return [row for row in rows if row.hour[0] is not None]

    def _row(self, name: str) -> StageRow:
        newest = max(self._minutes, default=0)
        by_minute = [sorted(self._minutes.get(newest - back, {}).get(name, [])) for back in range(_MINUTES - 1, -1, -1)]
        known = sorted(self._all(name))
        hour = tuple(percentile(known, share) for share in SHARES)
        return StageRow(name, hour, tuple(tuple(percentile(one, share) for one in by_minute) for share in SHARES))

    def _all(self, name: str) -> list[float]:
        return [seconds for stages in self._minutes.values() for seconds in stages.get(name, [])]
