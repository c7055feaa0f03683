"""events_when: what holds over several answers, as events."""

from __future__ import annotations

from typing import cast

from reactivex import Observable

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.detecting.detectors import run_rules
from rxvlm.rules.rule import rule
from rxvlm.rules.verdict import ConditionFunction
from rxvlm.stream import OnDrop, Operator, Stream, as_step


@as_step
def events_when(
    condition: ConditionFunction | str,
    *,
    name: str = "event",
    need: tuple[int, int] = (2, 3),
    clear: int = 2,
    cooldown: float = 0.0,
    lost_after: float | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Analysis, Event]:
    """Make events of answers: one start, any number of updates and one end for whatever held.

    ::

        holds     --yes--no--yes--yes--unknown--no--yes--no--no--|      need=(2, 3), clear=2
        events    ------------S----U-----------------U--------E--|

    Each camera (``analysis.clip.source``) is looked at by itself. An event starts at an answer that held, when
    ``need[0]`` of the last ``need[1]`` known answers held. Each further answer that holds is an update. It ends when
    ``clear`` known answers in a row did not hold; then nothing is remembered, so one answer never both ends and starts.

    An unknown answer neither starts, updates nor ends anything: a failed call, a condition that returns None, or
    raises (which is logged once). Answers that are marked as audits or shadows are left out.

    Each start has exactly one end: if the stream ends, it comes before that. If the subscriber disposes of the
    stream, nothing more is delivered, and ``on_drop`` is called instead.

    An event within ``cooldown`` seconds of the last one that was given is suppressed. If it still holds at an
    answer whose clip starts after them, it is given then, with its own start. One that was never given does
    not begin a cooldown.

    Args:
        condition: Returns whether an answer holds; None for unknown. Or a text for `rxvlm.condition`.
        name: What the events are called.
        need: (n, m), with n at least 1 and at most m.
        clear: Known answers in a row, at least 1.
        cooldown: Seconds of the source's time, from the end of the last event that was given; at least 0.
        lost_after: Seconds on the subscription's clock without a known answer of the camera, after which an event
            ends; above 0. None: never.
        on_drop: Called with each event that is not given and ``"cooldown"``, and with each that ran when the
            subscriber disposed of the stream and ``"disposed"``.

    Returns:
        An operator. The reason of an end is ``"cleared"``, ``"lost"``, ``"stream ended"`` or ``"stream failed"``.

    Raises:
        TypeError: If the condition is no function, or a number is no number.
        ValueError: If a number is out of range, or the text of a condition is wrong.
    """
    one = rule(name, condition, need=need, clear=clear, cooldown=cooldown, lost_after=lost_after)

    def operator(source: Observable[Analysis]) -> Observable[Event]:
        ledgers = Stream.of(source).origin.ledgers
        found = run_rules(source, [one], with_answers=False, ledgers=ledgers, on_drop=on_drop)
        return cast("Observable[Event]", found)

    return check_items(Analysis, "events_when", operator)
