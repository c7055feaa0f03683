"""events_when: events from a condition that holds over several answers."""

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
    """Make events of answers: one start, any number of updates and one end while a condition holds.

    ::

        holds     --yes--no--yes--yes--unknown--no--yes--no--no--|
        events    -----------S----U-----------------U--------E---|

    Here ``need=(2, 3), clear=2``; S is the start of an event, U an update, E its end.

    Each camera (``analysis.clip.source``) has its own events. An event starts at an answer for which the condition
    held, when it held for ``need[0]`` of the last ``need[1]`` known answers. Each further answer for which it holds is
    an update. The event ends when the condition did not hold for ``clear`` known answers in a row. After that, counting
    begins again, so one answer never both ends an event and starts another.

    An answer is unknown if its call failed, or if the condition returns None or raises (the log says so once). An
    unknown answer does not start, update or end an event. Answers that are marked as audits or shadows are left out.

    Each start has exactly one end: if the stream ends, the end of the event comes before it. If the subscriber disposes
    of the stream, it receives nothing more, and ``on_drop`` is called instead.

    An event within ``cooldown`` seconds of the last emitted event is held back. If the condition still holds at an
    answer whose clip starts after this time, the event is emitted then, with its own start. An event that was never
    emitted does not begin a cooldown.

    Args:
        condition: Returns whether the condition holds for an answer; None for unknown. Or a text for `rxvlm.condition`.
        name: The name of the events.
        need: (n, m), with n at least 1 and at most m.
        clear: Known answers in a row, at least 1.
        cooldown: Seconds of the source's time, from the end of the last emitted event; at least 0.
        lost_after: Seconds on the subscription's clock without a known answer of the camera, after which an event
            ends; above 0. None: never.
        on_drop: Called with each event that is held back, and the reason ``"cooldown"``; and with each event that was
            running when the subscriber disposed of the stream, and the reason ``"disposed"``.

    Returns:
        An operator. The reason of an end is ``"cleared"``, ``"lost"``, ``"stream ended"`` or ``"stream failed"``.

    Raises:
        TypeError: If the condition is not a function, or a number is not a number.
        ValueError: If a number is out of range, or the text of a condition is wrong.
    """
    one = rule(name, condition, need=need, clear=clear, cooldown=cooldown, lost_after=lost_after)

    def operator(source: Observable[Analysis]) -> Observable[Event]:
        ledgers = Stream.of(source).origin.ledgers
        found = run_rules(source, [one], with_answers=False, ledgers=ledgers, on_drop=on_drop)
        return cast("Observable[Event]", found)

    return check_items(Analysis, "events_when", operator)
