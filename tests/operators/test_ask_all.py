from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Analysis, Clip, Frame, Ledger, ModelError, Window
from rxvlm.operators import analyze, ask_all, encode_jpegs, latest
from rxvlm.testing import END, Say, frames_at, play, scripted, video_of


def windows_at(ledger: Ledger | None, *times: float, live: bool = False) -> Observable[Window]:
    """Give a window of one captured frame at each second."""

    def window_of(frame: Frame) -> Window:
        if ledger is not None:
            ledger.capture(frame)
        return Window((frame,), frame.time, frame.time + 1.0, frame.time if live else None)

    return video_of(frames_at(times)).pipe(ops.map(window_of))


def clips_at(*times: float, ledger: Ledger | None = None, live: bool = False) -> Observable[Clip]:
    return windows_at(ledger, *times, live=live).pipe(
        ops.map(lambda window: Clip.of(window, (b"jpeg",), (64, 48), window.times))
    )


def said(heard: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """Give the second, the question and the answer's text or error of each analysis."""
    return [
        (time, (item.prompt, item.error or item.text)) if isinstance(item, Analysis) else (time, item)
        for time, item in heard
    ]


def test_each_question_has_an_analysis() -> None:
    """Every clip's questions are asked one after the other; each analysis says which it answers."""
    vlm = scripted("two cars", "no", "a van", "yes")
    heard = play(clips_at(0.0, 5.0).pipe(ask_all(vlm, ["What?", lambda clip: f"Open at {clip.start:g}?"])))
    assert said(heard) == [
        (1.0, ("What?", "two cars")),
        (2.0, ("Open at 0?", "no")),
        (6.0, ("What?", "a van")),
        (7.0, ("Open at 5?", "yes")),
        (7.0, END),
    ]


def test_a_clip_is_encoded_once() -> None:
    """The answers to all questions about a window are of one and the same clip."""
    clock = VirtualTimeScheduler(0.0)
    vlm = scripted("yes")
    clips = windows_at(None, 0.0).pipe(encode_jpegs(scheduler=clock))
    play(clips.pipe(ask_all(vlm, ["a?", "b?", "c?"])), scheduler=clock)
    assert len({id(clip) for clip, _ in vlm.asked}) == 1
    assert [prompt for _, prompt in vlm.asked] == ["a?", "b?", "c?"]


def test_calls_are_bounded_whatever_the_questions() -> None:
    """``max_concurrent`` bounds the calls, not the clips times the questions."""
    at_once: list[int] = [0, 0]

    class Counting:
        name = "counting"

        def ask(self, clip: Clip, prompt: str) -> Observable[Any]:
            def begun(_scheduler: object) -> Observable[Any]:
                at_once[0] += 1
                at_once[1] = max(at_once)
                return scripted("yes").ask(clip, prompt).pipe(ops.do_action(None, None, over))

            return reactivex.defer(begun)

    def over() -> None:
        at_once[0] -= 1

    how: Any = {"max_concurrent": 2, "capacity": 10}
    heard = play(clips_at(0.0, 0.1, 0.2, 0.3).pipe(ask_all(Counting(), ["a?", "b?", "c?"], **how)))
    assert (len(heard), at_once[1]) == (13, 2)


@pytest.mark.parametrize(
    ("answers", "analysed", "failed"),
    [
        (("yes", "no"), 1, 0),
        (("yes", ModelError("x")), 1, 0),
        ((ModelError("x"), "no"), 1, 0),
        ((ModelError("x"),), 0, 1),
    ],
)
def test_the_ledger_settles_a_clip_once(answers: tuple[Any, ...], analysed: int, failed: int) -> None:
    """A clip is analysed if any of its questions was answered, failed if none was, and counted once."""
    ledger = Ledger("yard")
    heard = play(clips_at(0.0, ledger=ledger).pipe(_fresh, ask_all(scripted(*answers), ["a?", "b?"], ledger=ledger)))
    tally = ledger.snapshot()
    assert len(heard) == 3
    assert (tally.captured, tally.analysed, tally.failed, tally.windows) == (1, analysed, failed, 1)
    assert (tally.waiting, tally.in_flight) == (0, 0)


def test_a_clip_that_is_too_old_is_not_asked_about_any_further() -> None:
    """Once nobody wants the answer, the remaining questions are not asked, and the loss is told once."""
    lost: list[tuple[float, str]] = []
    vlm = scripted(Say("yes", seconds=3.0))
    heard = play(
        clips_at(0.0, live=True).pipe(
            ask_all(vlm, ["a?", "b?", "c?"], max_age=5.0, on_drop=lambda clip, why: lost.append((clip.start, why)))
        )
    )
    assert said(heard) == [(3.0, ("a?", "yes")), (5.0, END)]
    assert (len(vlm.asked), vlm.hung_up, lost) == (2, 1, [(0.0, "late")])


def test_it_wants_a_list_of_questions() -> None:
    """No question at all, or a string in place of a list, is an error at once."""
    for wrong in ([], "What?"):
        with pytest.raises(ValueError, match="a list of at least one question"):
            ask_all(scripted("yes"), wrong)


def test_a_new_prompt_holds_from_the_next_clip_on() -> None:
    """Clips are asked what the stream said last before they came, also if they waited meanwhile."""
    prompts: Subject[Any] = Subject()
    clock = VirtualTimeScheduler(0.0)
    vlm = scripted(Say("yes", seconds=4.0))
    clock.schedule_absolute(2.5, lambda *_: prompts.on_next("Is it open?"))
    clock.schedule_absolute(6.5, lambda *_: prompts.on_next(lambda clip: f"What is new at {clip.start:g}?"))
    clock.schedule_absolute(6.6, lambda *_: prompts.on_completed())
    clips = clips_at(0.0, 1.0, 2.0, 3.0, 7.0)
    heard = play(clips.pipe(analyze(vlm, latest("What?", prompts), capacity=10)), scheduler=clock)
    assert [item.prompt for _, item in heard[:-1]] == ["What?"] * 3 + ["Is it open?", "What is new at 7?"]


def test_the_error_of_a_prompt_stream_ends_the_analyses() -> None:
    """A prompt stream that fails is an error of the stream, after the answers outstanding, and the clips are left."""
    prompts: Subject[Any] = Subject()
    clock = VirtualTimeScheduler(0.0)
    broken = RuntimeError("no more prompts")
    clock.schedule_absolute(0.5, lambda *_: prompts.on_error(broken))
    heard = play(clips_at(0.0, 1.0).pipe(analyze(scripted("yes"), latest("What?", prompts))), scheduler=clock)
    assert said(heard) == [(1.0, ("What?", "yes")), (1.0, broken)]


def test_leaving_the_analyses_leaves_the_prompts() -> None:
    """Disposing, or the clips' end, unsubscribes from the prompt stream."""
    prompts: Subject[Any] = Subject()
    stream = clips_at(0.0, 50.0).pipe(analyze(scripted("yes"), latest("What?", prompts)))
    play(stream, seconds=5.0)
    assert prompts.observers == []
    play(stream)
    assert prompts.observers == []


def _fresh(clips: Observable[Clip]) -> Observable[Clip]:
    """Say of each clip that it stands for the one frame captured."""
    return clips.pipe(ops.map(lambda clip: replace(clip, fresh=1, seen=1)))
