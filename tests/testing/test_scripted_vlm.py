from __future__ import annotations

from typing import Any

import pytest

from rxvlm import Clip, ModelError, Usage, Window
from rxvlm.testing import END, Say, frames_at, play, scripted


def clip_of(times: list[float]) -> Clip:
    window = Window(tuple(frames_at(times)), times[0], times[-1])
    return Clip.of(window, (b"jpeg",) * len(times), (64, 48), times)


def answers(vlm: Any, count: int) -> list[list[tuple[float, Any]]]:
    return [play(vlm.ask(clip_of([0.0]), "?")) for _ in range(count)]


def test_a_scripted_model_says_its_answers_in_turn() -> None:
    """Answers come in turn, the last one for ever, each after its seconds; an error after one second."""
    error = ModelError("no")
    vlm = scripted("a", Say("b", seconds=2.5, value=7, usage=Usage(1, 2)), error, name="oracle")
    first, second, third, fourth = answers(vlm, 4)
    assert [(time, getattr(item, "text", item)) for time, item in first] == [(1.0, "a"), (1.0, END)]
    assert (second[0][0], second[0][1].value, second[0][1].usage) == (2.5, 7, Usage(1, 2))
    assert third == fourth == [(1.0, error)]
    assert vlm.name == "oracle"


def test_a_scripted_model_is_cold() -> None:
    """Asking alone sends nothing; each subscription is a question of its own, and is remembered."""
    vlm, clip = scripted("a", "b"), clip_of([0.0])
    answer = vlm.ask(clip, "what?")
    assert vlm.asked == []
    assert [play(answer)[0][1].text for _ in range(2)] == ["a", "b"]
    assert vlm.asked == [(clip, "what?")] * 2


def test_a_scripted_model_counts_what_was_hung_up() -> None:
    """`hung_up` counts answers that were left before they ended: neither those given nor those that failed."""
    vlm = scripted("a", ModelError("no"), "c")
    play(vlm.ask(clip_of([0.0]), "?"))
    play(vlm.ask(clip_of([0.0]), "?"))
    assert vlm.hung_up == 0
    play(vlm.ask(clip_of([0.0]), "?"), seconds=0.5)
    assert vlm.hung_up == 1


def test_a_scripted_model_without_a_script_is_an_error() -> None:
    """A model that has nothing to say is a ValueError."""
    with pytest.raises(ValueError, match="at least one answer"):
        scripted()
