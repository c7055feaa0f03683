"""Detection: from the known answers about one camera to the start, the updates and the end of an event. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import uuid4

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_above_zero, check_at_least, check_integer, check_not_negative
from rxvlm.event import Event, Phase
from rxvlm.ledger import Outcome
from rxvlm.stream import LossReason
from rxvlm.ticks import to_ticks

LOST_AFTER_SECONDS: Final = 600.0  # without a known answer: for cameras that run for months

_NEED: Final = re.compile(r"\s*(\d+)\s*/\s*(\d+)\s*")


def need_in(text: str) -> tuple[int, int] | None:
    """Return ``need`` as people write it, as (2, 3) for ``"2/3"``; None if it is written otherwise."""
    found = _NEED.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How many answers it takes for an event to start and to end.

    Attributes:
        need: (n, m): an event starts when n of the last m known answers held; 1 <= n <= m.
        clear: It ends when so many known answers in a row did not hold; at least 1.
        cooldown: Seconds of the source's time after an event that was given in which no other is given; at least 0.
        lost_after: Seconds on the clock without a known answer after which an event ends; None: never.

    Raises:
        TypeError: If a number is not a number.
        ValueError: If a number is out of range.
    """

    need: tuple[int, int] = (2, 3)
    clear: int = 2
    cooldown: float = 0.0
    lost_after: float | None = None

    def __post_init__(self) -> None:
        if len(tuple(self.need)) != 2:  # noqa: PLR2004 - n of m
            raise ValueError(f"need must be two numbers, as in (2, 3) for 2 of the last 3 answers, not {self.need}")
        for number in self.need:
            check_integer("need", number)
        if not 1 <= self.need[0] <= self.need[1]:
            raise ValueError(f"need must be (n, m) with 1 <= n <= m, not {self.need}")
        check_at_least("clear", self.clear, 1)
        check_not_negative("cooldown", self.cooldown, "seconds")
        if self.lost_after is not None:
            check_above_zero("lost_after", self.lost_after, "seconds")


class Moment(NamedTuple):
    """Where an answer that held stands in the source's time.

    Attributes:
        start: Seconds of the source's time at which its clip begins.
        end: Seconds at which it ends.
        captured: When the start was filmed, in seconds since 1970; None for a file.
    """

    start: float
    end: float
    captured: float | None

    @staticmethod
    def of(analysis: Analysis) -> Moment:
        """Return the moment of an analysis."""
        span = analysis.clip.span
        captured = None if span.captured is None else span.captured - (span.end - span.start)
        return Moment(span.start, span.end, captured)


class Detection:
    """The event of one camera, if one runs, and what is remembered to find the next. Called by one thread at a time.

    Args:
        name: The event's name.
        camera: The camera.
        thresholds: How many answers it takes.
        give: Called with each event that is given.
        drop: Called with each event that is not, and the reason.
        muted: Returns whether the rule is muted at the moment.

    Attributes:
        running: Whether an event runs, given or suppressed.
    """

    def __init__(
        self,
        name: str,
        camera: str,
        thresholds: Thresholds,
        *,
        give: Callable[[Event], None],
        drop: Callable[[Event, LossReason], None],
        muted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._name, self._camera = name, camera
        self._give, self._drop, self._muted = give, drop, muted
        self._least, most = thresholds.need
        self._clear, self._cooldown = thresholds.clear, to_ticks(thresholds.cooldown)
        self._recent: deque[Moment | None] = deque(maxlen=most)  # of each known answer; None: it did not hold
        self._event: Event | None = None
        self._given = False  # to the subscriber
        self._announced = False  # given when the rule was not muted
        self._misses = 0
        self._last_end: int | None = None  # ticks, of the last event that was announced

    @property
    def running(self) -> bool:
        """Whether an event runs, given or suppressed."""
        return self._event is not None

    def standing(self, *, held: bool) -> tuple[Outcome, int, str | None]:
        """Return what came of the newest known answer, how many of the last ones held, and the event that runs.

        Args:
            held: Whether the newest known answer held.
        """
        if not held:
            outcome: Outcome = "did not hold"
        elif self._event is None:
            outcome = "held"
        elif not self._given:
            outcome = "cooled down"
        else:
            outcome = "alerted" if self._announced else "muted"
        count = sum(one is not None for one in self._recent)
        return outcome, count, None if self._event is None else self._event.id

    def on_answer(self, analysis: Analysis | None, moment: Moment, *, held: bool, reason: str | None = None) -> None:
        """Take the next known answer.

        Args:
            analysis: The answer, for the event; None for an event about the system.
            moment: Where its clip stands in the source's time.
            held: Whether it held.
            reason: What an event about the system says of it.
        """
        if self._event is None:
            self._recent.append(moment if held else None)
            if held:
                self._begin_if_enough(analysis, moment, reason)
        elif held:
            self._misses = 0
            event = self._event
            end = max(event.end, moment.end)
            phase: Phase = "update" if self._given else "start"  # of a suppressed event, the start is still to come
            count = event.count + 1
            self._event = replace(event, phase=phase, end=end, count=count, analysis=analysis, reason=reason)
            self._tell(moment)
        else:
            self._misses += 1
            if self._misses >= self._clear:
                self.end("cleared")

    def end(self, reason: str, until: float | None = None) -> None:
        """End the event that runs, if one does; in any case nothing is remembered afterwards.

        Args:
            reason: Why it ends.
            until: Seconds of the source's time, of an event about the system; None: where the newest clip that held
                ends.
        """
        event, given, announced = self._event, self._given, self._announced
        self.forget()
        if event is not None and given:
            event = event if until is None else replace(event, end=max(event.end, until))
            if announced:
                self._last_end = to_ticks(event.end)
            self._give(replace(event, phase="end", reason=reason, muted=not announced))

    def leave(self) -> None:
        """Forget everything without giving an end: the subscriber has gone. An event that was given is dropped."""
        event, given, announced = self._event, self._given, self._announced
        self.forget()
        if event is not None and given:
            self._drop(replace(event, phase="end", reason="disposed", muted=not announced), "disposed")

    def forget(self) -> None:
        """Forget the event that runs, and the answers."""
        self._event, self._given, self._announced, self._misses = None, False, False, 0
        self._recent.clear()

    def _begin_if_enough(self, analysis: Analysis | None, moment: Moment, reason: str | None) -> None:
        held = [one for one in self._recent if one is not None]
        if len(held) < self._least:
            return
        phase: Phase = "start"
        first = held[0]
        self._event = Event(
            id=uuid4().hex,
            name=self._name,
            camera=self._camera,
            phase=phase,
            start=first.start,
            end=max(one.end for one in held),
            captured=first.captured,
            count=len(held),
            reason=reason,
            analysis=analysis,
        )
        if self._is_too_early(moment):
            self._drop(self._event, "cooldown")
        else:
            self._start()

    def _tell(self, moment: Moment) -> None:
        """Give an update; of a suppressed event its start, once the cooldown is over."""
        if self._given:
            self._give_event()
        elif not self._is_too_early(moment):
            self._start()

    def _start(self) -> None:
        self._given = True
        self._give_event()

    def _give_event(self) -> None:
        if self._event is not None:
            muted = self._muted()
            self._announced = self._announced or not muted
            self._give(replace(self._event, muted=muted) if muted else self._event)

    def _is_too_early(self, moment: Moment) -> bool:
        if not self._cooldown or self._last_end is None:
            return False
        return to_ticks(moment.start) < self._last_end + self._cooldown
