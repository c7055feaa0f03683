"""ChangingRules: rules that a reload may add, remove and replace; those that stay keep their state."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from rxvlm.analysis import Analysis
from rxvlm.rules.outlet import AnyRule, Detector, Outlet


class ChangingRules:
    """A rule for `rxvlm.operators.with_events` that is made of others, which may change while it works.

    Args:
        rules: The rules, each by what it was made of: a rule whose key stays is not replaced.
    """

    name = "rules"

    def __init__(self, rules: Mapping[Hashable, AnyRule]) -> None:
        self._rules = rules
        self._running: list[_Running] = []

    def begin(self, outlet: Outlet) -> Detector:
        """Begin to work in a new subscription."""
        running = _Running(outlet)
        running.change(self._rules)
        self._running.append(running)
        return running

    def change(self, rules: Mapping[Hashable, AnyRule]) -> None:
        """Replace the rules between two answers; an event of one that is gone ends, reason ``"rule changed"``."""
        self._rules = rules
        for running in self._running:
            running.change_soon(rules)


class _Running:
    """The rules at work in one subscription."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._detectors: dict[Hashable, Detector] = {}

    def change_soon(self, rules: Mapping[Hashable, AnyRule]) -> None:
        self._outlet.later(0.0, lambda: self.change(rules))

    def change(self, rules: Mapping[Hashable, AnyRule]) -> None:
        for key in [key for key in self._detectors if key not in rules]:
            self._detectors.pop(key).end("rule changed")
        for key, rule in rules.items():
            if key not in self._detectors:
                self._detectors[key] = rule.begin(self._outlet)

    def on_analysis(self, analysis: Analysis) -> None:
        for detector in self._detectors.values():
            detector.on_analysis(analysis)

    def end(self, reason: str) -> None:
        for detector in self._detectors.values():
            detector.end(reason)

    def leave(self) -> None:
        for detector in self._detectors.values():
            detector.leave()
