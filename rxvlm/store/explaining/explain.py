"""explain: say what became of a moment, from the rows of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rxvlm.ledger.states import FLOWING, IN_TROUBLE, OVER
from rxvlm.store.explaining.facts import Facts, FateRow, StateRow
from rxvlm.store.explaining.words import LOST, SKIPPED, ruling_text, said
from rxvlm.store.reader import Reader
from rxvlm.store.times import When, span_text, time_text
from rxvlm.store.why import Reason, Why

_ASKED: Final = ("analysed", "failed")  # of several windows that contain the moment, what was asked about counts first


def explain(reader: Reader, camera: str, time: When) -> Why:
    """Return what became of a moment: the last of all steps that it reached.

    Args:
        reader: Of the store.
        camera: The camera or film.
        time: The moment, as a user writes it.

    Raises:
        NotStoredError: If the store knows no such camera.
        ValueError: If the time cannot be read, is one of the clock and the camera a film, or the other way round.
    """
    facts = Facts(reader, camera, time)
    states = [] if facts.film else facts.states_until()
    if states and states[0].state in IN_TROUBLE:  # it is away, though the window around this moment may be asked about
        return _away(facts, states)
    windows = facts.windows()
    if windows:
        of_newest_run = [one for one in windows if one.run == windows[0].run]
        return _of_window(facts, min(of_newest_run, key=lambda one: one.fate not in _ASKED))
    frames = facts.frames()
    if frames is not None:
        return _not_asked(facts, frames)
    if facts.answer(None) is not None:
        return _answered(facts, None)
    if states and states[0].state not in FLOWING:
        return _away(facts, states)
    return _nothing_known(facts, states)


def _of_window(facts: Facts, window: FateRow) -> Why:
    if window.fate == "analysed":
        return _answered(facts, window)
    if window.fate != "failed":
        return _not_asked(facts, window)
    rulings = facts.rulings(window.run)
    if any(one.outcome not in ("unknown", "inactive", "did not hold") for one in rulings):
        return _answered(facts, window)  # a rule that is about errors
    answer = facts.answer(window.run)
    why = _why(facts, "failed", window.error, f"The model was asked about {_where(facts)}, and failed: {window.error}")
    why = replace(why, since=window.low, until=window.high, rules=rulings)
    return why if answer is None else replace(why, answer=answer[0])


def _answered(facts: Facts, window: FateRow | None) -> Why:
    """Return what came of an answer: what the rules decided, that which matters most first."""
    answer = facts.answer(None if window is None else window.run)
    rulings = () if window is None else facts.rulings(window.run)
    words = f"The model was asked about {_where(facts)}"
    if answer is None:
        words += ", and answered; the answer is not in the store any more, or was not written."
    elif answer[1]["error"] is not None:
        words += f", and failed: {answer[1]['error']['message']}."
    else:
        words += f", and answered {said(answer[1])} (answer {answer[0]})."
    for one in rulings:
        words += " " + ruling_text(one, None if one.event is None else facts.event_began(one.event))
    if not rulings:
        words += " No rule looked at the answer."
    reason: Reason = rulings[0].outcome if rulings else "answered"
    why = replace(_why(facts, reason, "", words), rules=rulings, answer=None if answer is None else answer[0])
    return why if window is None else replace(why, since=window.low, until=window.high)


def _not_asked(facts: Facts, row: FateRow) -> Why:
    """Return why the model was not asked about a moment that was filmed."""
    term, _, detail = row.fate.partition(":")
    left_out: dict[str, tuple[Reason, str]] = {
        "skipped": ("skipped", SKIPPED.get(detail, SKIPPED[""])),
        "thinned": ("thinned", "its frames were left out to lower the frame rate"),
        "unaccounted": ("unaccounted", "a step of your own, such as a filter, did not pass it on"),
    }
    span = span_text(row.low, row.high)
    if term in left_out:
        reason, how = left_out[term]
        if detail == "paused":
            reason, detail = "paused", _pause_reason(facts)
            how += f" ({detail})" if detail else ""
        why = _why(facts, reason, detail, f"The model was not asked about {_where(facts)}: {how} ({span}).")
    else:
        how = LOST.get(term, f"the reason is {row.fate!r}")
        words = f"{facts.camera} was filmed at {time_text(facts.moment)}, but this was lost: {how} ({span})."
        why = _why(facts, "lost", row.fate, words)
    return replace(why, since=row.low, until=row.high)


def _pause_reason(facts: Facts) -> str:
    """Return why asking was paused at the moment, if the states of the camera say it."""
    paused = [] if facts.film else [one for one in facts.states_until() if one.state == "paused"]
    return paused[0].reason if paused else ""


def _away(facts: Facts, states: Sequence[StateRow]) -> Why:
    """Return since when and why a camera sent nothing at the moment.

    Args:
        facts: What is known.
        states: Its states until then, the newest first.
    """
    since = states[0]
    for earlier in states:  # a camera that is lost may be stalled, then waiting, then stalled again
        if earlier.state in FLOWING or (earlier.state in OVER) != (states[0].state in OVER):
            break
        since = earlier
    back = facts.next_flowing()
    until = None if back is None else back.since
    span = span_text(since.since, until) + (" on" if until is None else "")
    if states[0].state not in OVER and facts.next_state() is None and not facts.goes_on(states[0].run):
        span += "; the program that watched it broke off after that"
    words = f"{_nothing(facts)}: {_doing(states[0])}, {span}."
    return replace(_why(facts, "not captured", _detail(states[0]), words), since=since.since, until=until)


def _nothing_known(facts: Facts, states: Sequence[StateRow]) -> Why:
    newest = facts.newest()
    if facts.film:
        if newest is not None and facts.moment >= newest:
            return _why(facts, "not captured", "", f"{facts.camera} was watched up to {time_text(newest)} only.")
        return _why(facts, "pending", "", f"Nothing is written about {_where(facts)}.")
    later = facts.next_state()
    if not states:
        begins = "" if later is None else f"; that began at {time_text(later.since)}"
        return _why(facts, "not captured", "not watched", f"{_nothing(facts)}: it was not watched{begins}.")
    if later is not None and later.run == states[0].run and later.state not in FLOWING:
        words = f"{_nothing(facts)}: no picture came, which was noticed at {time_text(later.since)} ({_detail(later)})."
        return replace(_why(facts, "not captured", _detail(later), words), until=facts.moment)
    last = max(filter(None, [states[0].since, facts.newest(states[0].run)]))
    if facts.goes_on(states[0].run):
        words = f"Nothing is written about {_where(facts)} yet; what is known of it ends at {time_text(last)}."
        return _why(facts, "pending", "", words)
    words = f"{_nothing(facts)}: the program that watched it broke off after {time_text(last)}."
    return replace(_why(facts, "not captured", "broke off", words), since=last)


def _why(facts: Facts, reason: Reason, detail: str, sentence: str) -> Why:
    return Why(facts.camera, facts.moment, reason, detail, sentence)


def _where(facts: Facts) -> str:
    return f"{facts.camera} at {time_text(facts.moment)}"


def _nothing(facts: Facts) -> str:
    return f"{facts.camera} was not filmed at {time_text(facts.moment)}"


def _doing(state: StateRow) -> str:
    words = {"connecting": "it was being opened", "ended": "it was not watched any more", "failed": "it had failed"}
    why = f" ({state.reason})" if state.reason else ""
    return f"{words.get(state.state, f'it was away: {state.state}')}{why}"


def _detail(state: StateRow) -> str:
    return f"{state.state}: {state.reason}" if state.reason else state.state
