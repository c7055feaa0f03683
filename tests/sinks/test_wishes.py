"""Wishes: what a sink is for, and what it refuses."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import reactivex
from telling import answer, event

from rxvlm import collect, sinks
from rxvlm import operators as rxo
from rxvlm.sinks.wishes import Wishes


def test_events_by_phase_and_answers_on_request() -> None:
    """Starts and ends of events are included, unless told otherwise."""
    items = (event("start"), event("update"), event("end"), answer())
    assert [Wishes().include(item) for item in items] == [True, False, True, False]
    both = Wishes.of("webhook", ["update"], answers=True)
    assert [both.include(item) for item in items] == [False, True, False, True]


@pytest.mark.parametrize("sink", [sinks.webhook("http://127.0.0.1:9/"), sinks.command(["true"])])
def test_what_is_no_answer_is_refused_aloud(sink: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A clip that is sent on to a sink by mistake is counted as failed, not passed by."""
    caplog.set_level(logging.ERROR)
    step = rxo.to(sink)
    collect(reactivex.of(answer().clip).pipe(step))
    assert (step.sent, step.failed, step.lost) == (0, 1, 0)
    assert "a sink takes analyses and events, not a Clip" in caplog.text
