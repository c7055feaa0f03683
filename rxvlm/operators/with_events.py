"""with_events: answers, and after each the events that it caused."""

from __future__ import annotations

from collections.abc import Mapping

from reactivex import Observable

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.detecting.detectors import run_rules
from rxvlm.rules.mutes import Mutes
from rxvlm.rules.outlet import AnyRule
from rxvlm.stream import OnDrop, Operator, Stream, as_step
from rxvlm.vlm import Value


@as_step
def with_events(
    *rules: AnyRule,
    ledgers: Mapping[str, Ledger] | None = None,
    on_drop: OnDrop | None = None,
    mutes: Mutes | None = None,
) -> Operator[Analysis[Value], Analysis[Value] | Event]:
    """Pass answers on, and after each answer the events that it caused, so that one subscription has both.

    Args:
        rules: Rules of `rxvlm.rule`, and rules about the system: `rxvlm.rules.camera_away` and others.
        ledgers: The ledgers of the cameras by name, for the rules about the system. None: the ledgers that the stream
            carries, like the streams of `rxvlm.watch` and `rxvlm.watch_all`.
        on_drop: Called with each event that is held back, and the reason ``"cooldown"`` or ``"disposed"``.
        mutes: The rules that are muted, each for a time: their events are marked as `Event.muted`, and no sink gets
            them. None: no rule is muted.

    Returns:
        An operator; its events follow the rules of `events_when`.

    Raises:
        TypeError: If an argument is not a rule.
    """
    for one in rules:
        if not hasattr(one, "begin") or isinstance(one, type):
            raise TypeError(f"with_events takes rules, as rxvlm.rule(name, condition) makes them, not {describe(one)}")

    def operator(source: Observable[Analysis[Value]]) -> Observable[Analysis[Value] | Event]:
        known = Stream.of(source).origin.ledgers if ledgers is None else ledgers
        run = check_items(
            Analysis,
            "with_events",
            lambda checked: run_rules(checked, rules, with_answers=True, ledgers=known, on_drop=on_drop, mutes=mutes),
        )
        return run(source)

    return operator
