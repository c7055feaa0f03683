"""rule: events from the answers of cameras, by a condition."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe, suggest_options
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.ledger import Decision, Outcome
from rxvlm.rules.active import Active
from rxvlm.rules.condition import condition as condition_of
from rxvlm.rules.detection import Detection, Moment, Thresholds
from rxvlm.rules.outlet import Outlet
from rxvlm.rules.verdict import NO_CAUSE, ConditionFunction, Judge
from rxvlm.window import Span

_SOON = 1e-6  # seconds; a clock that counts microseconds may be early by so much


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule: see `rule`, which makes it."""

    name: str
    condition: ConditionFunction = field(repr=False)
    thresholds: Thresholds
    cameras: frozenset[str] | None = None
    active: Active | None = None

    def begin(self, outlet: Outlet) -> Occurrences:
        """Begin to work in a new subscription."""
        return Occurrences(self, outlet)


@suggest_options()
def rule(
    name: str,
    condition: ConditionFunction | str,
    *,
    need: tuple[int, int] = (2, 3),
    clear: int = 2,
    cooldown: float = 0.0,
    lost_after: float | None = None,
    cameras: Collection[str] | None = None,
    active: str | None = None,
) -> Rule:
    """Make a rule for `rxvlm.operators.with_events`: when an event starts and when it ends, for each camera.

    `rxvlm.operators.events_when` describes the rules that its events follow.

    Args:
        name: The name of its events.
        condition: Returns whether the condition holds for an answer; None for unknown. Or a text for `rxvlm.condition`.
        need: (n, m), with n at least 1 and at most m: an event starts when the condition held for n of the last m known
            answers.
        clear: An event ends when the condition did not hold for this number of known answers in a row; at least 1.
        cooldown: Seconds of the source's time after the end of an emitted event, in which no other event starts.
        lost_after: Seconds on the subscription's clock without a known answer after which an event ends; None: never.
        cameras: The names of its cameras; None for all.
        active: The hours in which it is active, as ``"Mon-Fri 22:00-06:00 Europe/Berlin"``; without a time zone, in
            the zone of this machine. Outside of them answers are left out, and a running event ends. They are compared
            with the time at which the clip was filmed; a file is always inside. None: always.

    Raises:
        TypeError: If an argument is of the wrong type.
        ValueError: If a number is out of range, or a text cannot be read.
    """
    if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise ValueError(f"a rule has a name, not {describe(name)}")
    if isinstance(cameras, str):
        raise TypeError(f"cameras are a list of names, as in [{cameras!r}], not one name")
    thresholds = Thresholds(need=need, clear=clear, cooldown=cooldown, lost_after=lost_after)
    function = condition_of(condition) if isinstance(condition, str) else condition
    if not callable(function):
        raise TypeError(f"a condition is a function of an analysis, or a text, not {describe(function)}")
    names = None if cameras is None else frozenset(cameras)
    return Rule(name, function, thresholds, names, None if active is None else Active.parsed(active))


class Occurrences:
    """The events of one rule in one subscription: one `Detection` for each camera."""

    def __init__(self, rule: Rule, outlet: Outlet) -> None:
        self._rule, self._outlet = rule, outlet
        self._judge = Judge(rule.name, rule.condition)
        self._cameras: dict[str, _Camera] = {}

    def on_analysis(self, analysis: Analysis) -> None:
        """Take the next answer."""
        rule, span = self._rule, analysis.clip.span
        if (rule.cameras is not None and span.source not in rule.cameras) or analysis.marks & NO_CAUSE:
            return
        camera = self._cameras.get(span.source)
        if rule.active is not None and span.captured is not None and not rule.active.contains(span.captured):
            if camera is not None:
                camera.detection.end("inactive")
            self._decide(span, "inactive")
            return
        held, why = self._judge(analysis)
        if held is None:
            self._decide(span, "unknown", why=why)
            return
        if camera is None:
            camera = self._cameras[span.source] = _Camera(rule, self._outlet, span.source)
        camera.on_answer(analysis, held=held)
        self._decide(span, *camera.detection.standing(held=held))

    def _decide(self, span: Span, outcome: Outcome, held: int = 0, event: str | None = None, *, why: str = "") -> None:
        least, most = self._rule.thresholds.need
        decision = Decision(span.source, span, self._rule.name, outcome, held, (least, most), event, why)
        self._outlet.decide(decision)

    def end(self, reason: str) -> None:
        """Return the end of every running event."""
        self._judge.conclude()
        for camera in self._cameras.values():
            camera.detection.end(reason)

    def leave(self) -> None:
        """Drop every running event."""
        self._judge.conclude()
        for camera in self._cameras.values():
            camera.detection.leave()


class _Camera:
    """One camera's events, and the timer that ends one when no known answer comes."""

    def __init__(self, rule: Rule, outlet: Outlet, name: str) -> None:
        self.detection = Detection(
            rule.name,
            name,
            rule.thresholds,
            give=outlet.give,
            drop=outlet.drop,
            muted=lambda: outlet.muted(rule.name, name),
        )
        self._outlet, self._lost_after = outlet, rule.thresholds.lost_after
        self._heard = 0.0
        self._waiting = False

    def on_answer(self, analysis: Analysis, *, held: bool) -> None:
        self.detection.on_answer(analysis, Moment.of(analysis), held=held)
        if self._lost_after is not None and self.detection.running:
            self._heard = now_in_seconds(self._outlet.clock)
            if not self._waiting:
                self._wait(self._lost_after)

    def _wait(self, seconds: float) -> None:
        self._waiting = True
        self._outlet.later(seconds, self._look)

    def _look(self) -> None:
        """End the event if no known answer has come for long enough; they come too often for a timer each."""
        self._waiting = False
        if self._lost_after is None or not self.detection.running:
            return
        left = self._heard + self._lost_after - now_in_seconds(self._outlet.clock)
        if left > _SOON:
            self._wait(left)
        else:
            self.detection.end("lost")
