"""payloads: answers as Home Assistant's states."""

from __future__ import annotations

from telling import answer

from rxvlm.sinks.broker.payloads import MOST_LETTERS, UNKNOWN, state_of


def test_a_long_answer_ends_where_a_state_ends() -> None:
    """255 characters fit, whatever they are; the last one says that there is more."""
    assert state_of(answer("狗" * 255)) == "狗" * 255
    assert state_of(answer("狗" * 256)) == "狗" * (MOST_LETTERS - 1) + "…"


def test_an_answer_that_says_nothing_is_unknown() -> None:
    """An empty payload would delete the retained answer, and Home Assistant would show the one before it."""
    assert state_of(answer("\n")) == UNKNOWN
