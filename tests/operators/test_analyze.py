from __future__ import annotations

from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler

from rxvlm import Analysis, Clip, Frame, Ledger, ModelError, ModelTimeoutError, Piece, Usage, Vlm, Window, vlm_from
from rxvlm.errors import PromptError
from rxvlm.operators import analyze
from rxvlm.testing import END, Say, ScriptedVlm, frames_at, play, scripted, video_of

CAPTURED = 100.0


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[float, str]] = []

    def __call__(self, clip: Clip, reason: str) -> None:
        self.lost.append((clip.start, reason))


class Pieces:
    """A model whose answer comes in given pieces."""

    name = "pieces"

    def __init__(self, *pieces: Piece) -> None:
        self._pieces = pieces

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        return reactivex.from_iterable(self._pieces)


class Rude:
    """A model that raises where it should answer."""

    name = "rude"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        raise KeyError(f"{prompt} of {clip.start:g}")


def clips_at(*times: float, live: bool = False) -> Observable[Clip]:
    """Give a clip of one frame at each second; a live one was filmed until that second."""

    def clip_of(frame: Frame) -> Clip:
        window = Window((frame,), frame.time, frame.time + 1.0, frame.time if live else None)
        return Clip.of(window, (b"jpeg",), (64, 48), window.times)

    return video_of(frames_at(times)).pipe(ops.map(clip_of))


def said(heard: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """Give the seconds and texts, or the errors' types, of analyses; of all else itself."""

    def short(item: object) -> object:
        if not isinstance(item, Analysis):
            return item
        return type(item.error) if item.error else item.text

    return [(time, short(item)) for time, item in heard]


def captured(ledger: Ledger, *times: float) -> None:
    for frame in frames_at(times):
        ledger.capture(frame)


def test_each_clip_has_an_analysis() -> None:
    """Each clip is asked about with the prompt, and its analysis says by whom, when, and of what."""
    vlm = scripted("a cat", Say("a dog", seconds=2.5), name="oracle")
    heard = play(clips_at(0.0, 5.0).pipe(analyze(vlm, "What is it?")))
    assert said(heard) == [(1.0, "a cat"), (7.5, "a dog"), (7.5, END)]
    analysis = heard[1][1]
    assert (analysis.prompt, analysis.model, analysis.clip) == ("What is it?", "oracle", vlm.asked[1][0])
    assert (analysis.asked, analysis.answered, analysis.duration) == (5.0, 7.5, 2.5)
    assert [prompt for _, prompt in vlm.asked] == ["What is it?"] * 2
    assert vlm.hung_up == 0


def test_pieces_are_joined_and_the_last_one_has_the_facts() -> None:
    """The text is that of all pieces; value, model, usage, request and reason are the last one's."""
    last = Piece("sat", {"cat": 1}, "understudy", Usage(3, 4, 2), "r-7", "stop")
    vlm = Pieces(Piece("the "), Piece("cat ", value=8, model="first", usage=Usage(9, 9)), last)
    analysis = play(clips_at(0.0).pipe(analyze(vlm, "?")))[0][1]
    assert (analysis.text, analysis.value, analysis.model) == ("the cat sat", {"cat": 1}, "understudy")
    assert (analysis.usage, analysis.request_id, analysis.finish_reason) == (Usage(3, 4, 2), "r-7", "stop")
    assert analysis.error is None


@pytest.mark.parametrize(
    "pieces",
    [
        [Piece("A car passes.", thought="Okay, a car?")],
        [Piece("<think>Okay, "), Piece("a car?</think>A car passes.")],
        [Piece("Okay, a car?</th"), Piece("ink> A car passes.")],
        [Piece("<think>a car?</think> A car passes.", thought="Okay, ")],
    ],
)
def test_thoughts_are_no_answer(pieces: list[Piece]) -> None:
    """Whatever model it is, its thoughts are apart from the text."""
    analysis = play(clips_at(0.0).pipe(analyze(Pieces(*pieces), "?")))[0][1]
    assert (analysis.text, " ".join(analysis.thought.split()), analysis.error) == (
        "A car passes.",
        "Okay, a car?",
        None,
    )


def test_only_thoughts_are_an_error() -> None:
    """A model that only thought has failed; its thoughts are kept."""
    analysis = play(clips_at(0.0).pipe(analyze(scripted("<think>Okay, a car?"), "?")))[0][1]
    assert (analysis.text, analysis.thought) == ("", "Okay, a car?")
    assert str(analysis.error) == "scripted wrote only thoughts, and no answer"


def test_the_text_is_valid_unicode() -> None:
    """Half a surrogate pair of any model becomes a replacement character."""
    analysis = play(clips_at(0.0).pipe(analyze(scripted("a \ud800 b"), "?")))[0][1]
    assert analysis.text == "a \ufffd b"


def test_an_answer_without_pieces_is_an_error() -> None:
    """A model that completes and says nothing has failed, and the analysis says so."""
    analysis = play(clips_at(0.0).pipe(analyze(Pieces(), "?")))[0][1]
    assert (analysis.text, str(analysis.error), analysis.model) == ("", "pieces ended without an answer", "pieces")


def test_a_models_error_is_an_analysis_and_the_stream_goes_on() -> None:
    """A call that fails is an Analysis with the model's own error; the next clip is asked about."""
    error = ModelError("quota", retryable=True)
    heard = play(clips_at(0.0, 5.0).pipe(analyze(scripted(error, "a cat"), "?")))
    assert said(heard) == [(1.0, ModelError), (6.0, "a cat"), (6.0, END)]
    assert heard[0][1].error is error
    assert (heard[0][1].text, heard[0][1].duration) == ("", 1.0)


def test_a_foreign_error_becomes_one_of_ours() -> None:
    """An error that is none of ours is wrapped as a ModelError that names the model, with its cause."""
    error = ZeroDivisionError("by zero")
    analysis = play(clips_at(0.0).pipe(analyze(scripted(error, name="oracle"), "?")))[0][1]
    assert type(analysis.error) is ModelError
    assert str(analysis.error) == "oracle failed: ZeroDivisionError: by zero"
    assert analysis.error.__cause__ is error


def test_a_model_that_raises_when_it_is_asked_fails_that_call_alone() -> None:
    """A model whose ``ask`` raises instead of giving a stream fails its call; the stream goes on."""
    heard = play(clips_at(0.0, 5.0).pipe(analyze(Rude(), "?")))
    assert said(heard) == [(0.0, ModelError), (5.0, ModelError), (5.0, END)]


def test_a_call_that_takes_too_long_is_hung_up() -> None:
    """After ``timeout`` seconds on the clock the call is hung up: an Analysis with a ModelTimeoutError."""
    vlm = scripted(Say("late", seconds=30.0), "a cat")
    heard = play(clips_at(0.0, 5.0).pipe(analyze(vlm, "?", timeout=2.5)))
    assert said(heard) == [(2.5, ModelTimeoutError), (6.0, "a cat"), (6.0, END)]
    assert vlm.hung_up == 1
    error = heard[0][1].error
    assert (str(error), error.retryable) == ("scripted did not answer within 2.5 s", False)


def test_a_call_that_answers_in_time_is_not_hung_up() -> None:
    """An answer within the ``timeout`` counts, and the timer is gone with it."""
    vlm = scripted(Say("just", seconds=2.4))
    assert said(play(clips_at(0.0).pipe(analyze(vlm, "?", timeout=2.5)))) == [(2.4, "just"), (2.4, END)]
    assert vlm.hung_up == 0


def test_a_clip_too_old_is_not_asked_about() -> None:
    """With ``max_age`` a clip that is too old when its turn comes is told "stale", and not asked about."""
    vlm, told = scripted(Say("file", seconds=6.0), "live"), Told()
    clips = reactivex.merge(clips_at(0.3), clips_at(0.5, 6.1, live=True))
    heard = play(clips.pipe(analyze(vlm, "?", max_age=4.5, on_drop=told)))
    assert said(heard) == [(6.3, "file"), (7.3, "live"), (7.3, END)]
    assert [clip.start for clip, _ in vlm.asked] == [0.3, 6.1]
    assert told.lost == [(0.5, "stale")]


def test_a_call_too_old_is_hung_up() -> None:
    """With ``max_age`` a call that still runs when nobody wants its answer is hung up, told "late", and no Analysis."""
    vlm, told = scripted(Say("slow", seconds=30.0), "a cat"), Told()
    heard = play(clips_at(0.0, 5.0, live=True).pipe(analyze(vlm, "?", max_age=3.5, on_drop=told)))
    assert said(heard) == [(6.0, "a cat"), (6.0, END)]
    assert told.lost == [(0.0, "late")]
    assert vlm.hung_up == 1


def test_the_timeout_comes_before_an_age_that_is_further_off() -> None:
    """Where ``timeout`` ends a call before ``max_age`` would, it is a failed Analysis, not a loss."""
    vlm, told = scripted(Say("slow", seconds=30.0)), Told()
    heard = play(clips_at(0.0, live=True).pipe(analyze(vlm, "?", timeout=2.0, max_age=3.5, on_drop=told)))
    assert said(heard) == [(2.0, ModelTimeoutError), (2.0, END)]
    assert told.lost == []


def test_a_models_own_time_out_is_not_late() -> None:
    """A ModelTimeoutError that the model itself gives is a failed Analysis, also under ``max_age``."""
    vlm, told = scripted(ModelTimeoutError("gateway")), Told()
    heard = play(clips_at(0.0, live=True).pipe(analyze(vlm, "?", max_age=3.5, on_drop=told)))
    assert said(heard) == [(1.0, ModelTimeoutError), (1.0, END)]
    assert told.lost == []


def test_a_file_has_no_age() -> None:
    """Clips of a file have no time of capture: ``max_age`` is no limit for them."""
    vlm = scripted(Say("slow", seconds=30.0))
    assert said(play(clips_at(0.0).pipe(analyze(vlm, "?", max_age=3.5)))) == [(30.0, "slow"), (30.0, END)]


def test_the_prompt_may_be_a_function_of_the_clip() -> None:
    """A prompt function is called with each clip when its turn comes, and its prompt is in the analysis."""
    vlm = scripted("yes")
    heard = play(clips_at(0.0, 5.0).pipe(analyze(vlm, lambda clip: f"At {clip.start:g} s?")))
    assert [prompt for _, prompt in vlm.asked] == ["At 0 s?", "At 5 s?"]
    assert heard[1][1].prompt == "At 5 s?"


@pytest.mark.parametrize(("start", "says"), [(0.0, "failed: KeyError: 0.0"), (5.0, "must return a text, not None")])
def test_a_prompt_function_that_fails_fails_that_call_alone(
    start: float, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One that raises, or returns no text, gives a failed Analysis; the model is not asked, and the stream goes on."""
    vlm, ledger = scripted("yes"), Ledger()

    def words(clip: Clip) -> str:
        return {5.0: None, 10.0: "What?"}[clip.start]  # pyright: ignore[reportReturnType] - the fault

    heard = play(clips_at(0.0, 5.0, 10.0).pipe(analyze(vlm, words, ledger=ledger)))
    failed = {analysis.clip.start: analysis for _, analysis in heard[:-1]}[start]
    assert said(heard)[2:] == [(11.0, "yes"), (11.0, END)]
    assert type(failed.error) is PromptError
    assert str(failed.error) == f"the prompt function words {says}"
    assert len(vlm.asked) == 1
    if start == 0.0:
        assert type(failed.error.__cause__) is KeyError
        assert "[clip.start]" in caplog.text


def test_what_a_model_raises_is_logged_once_with_its_line(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the line of the user's code, once however many calls fail there."""

    def answer(_clip: Clip, _prompt: str) -> str:
        return {}["nothing"]

    model = vlm_from(answer, scheduler=ImmediateScheduler())
    heard = play(clips_at(0.0, 5.0).pipe(analyze(model, "?")))
    assert [type(analysis.error.__cause__) for _, analysis in heard[:-1]] == [KeyError, KeyError]
    assert caplog.text.count('return {}["nothing"]') == 1


def overtaking() -> ScriptedVlm:
    return scripted(Say("slow", seconds=5.0), Say("quick", seconds=1.0))


def test_analyses_keep_the_clips_order() -> None:
    """An answer that is there sooner waits for the one before it, unless told otherwise."""
    heard = play(clips_at(0.0, 0.5).pipe(analyze(overtaking(), "?", max_concurrent=2)))
    assert said(heard) == [(5.0, "slow"), (5.0, "quick"), (5.0, END)]
    heard = play(clips_at(0.0, 0.5).pipe(analyze(overtaking(), "?", max_concurrent=2, order="arrival")))
    assert said(heard) == [(1.5, "quick"), (5.0, "slow"), (5.0, END)]


def test_an_answer_that_is_held_back_keeps_its_own_time() -> None:
    """``answered`` is when the model had answered, not when the order let the analysis pass."""
    heard = play(clips_at(0.0, 0.5).pipe(analyze(overtaking(), "?", max_concurrent=2)))
    assert [item.answered for _, item in heard[:-1]] == [5.0, 1.5]


def test_calls_are_bounded_and_what_overflows_is_told() -> None:
    """With one call at a time and one clip waiting the oldest waiting clip is told "overflow"."""
    told = Told()
    step = analyze(scripted(Say("yes", seconds=10.0)), "?", capacity=1, on_drop=told)
    heard = play(clips_at(0.0, 1.0, 2.0, 3.0).pipe(step))
    assert [item.clip.start for _, item in heard[:-1]] == [0.0, 3.0]
    assert told.lost == [(1.0, "overflow"), (2.0, "overflow")]


def test_leaving_hangs_up_and_tells() -> None:
    """Disposing hangs up the call under way and tells "disposed" for it and for what waits."""
    vlm, told = scripted(Say("yes", seconds=10.0)), Told()
    assert play(clips_at(0.0, 1.0).pipe(analyze(vlm, "?", on_drop=told)), seconds=2.0) == []
    assert vlm.hung_up == 1
    assert told.lost == [(0.0, "disposed"), (1.0, "disposed")]


def counts(ledger: Ledger) -> tuple[int, int, int, int, dict[str, int]]:
    tally = ledger.snapshot()
    return tally.waiting, tally.in_flight, tally.analysed, tally.failed, dict(tally.dropped)


def test_the_ledger_follows_each_clip() -> None:
    """A clip waits, is in flight while the model is asked, and is analysed or failed after."""
    ledger, clock = Ledger(), VirtualTimeScheduler(0.0)
    captured(ledger, 0.0, 0.5)
    seen: dict[float, tuple[int, int, int, int, dict[str, int]]] = {}
    for time in (0.2, 0.7, 1.2, 2.7):
        clock.schedule_absolute(time, lambda _s, _state, time=time: seen.__setitem__(time, counts(ledger)))
    vlm = scripted("yes", ModelError("no"))
    play(clips_at(0.0, 0.5).pipe(analyze(vlm, "?", ledger=ledger)), scheduler=clock)
    assert seen == {0.2: (1, 1, 0, 0, {}), 0.7: (1, 1, 0, 0, {}), 1.2: (0, 1, 1, 0, {}), 2.7: (0, 0, 1, 1, {})}


def test_the_ledger_counts_what_is_lost() -> None:
    """Clips that overflow, are too old, or are left, are lost in the ledger under their reasons."""
    ledger = Ledger()
    captured(ledger, 0.0, 0.1, 0.2, 4.1)
    step = analyze(scripted(Say("slow", seconds=10.0)), "?", capacity=1, max_age=4.0, ledger=ledger)
    play(clips_at(0.0, 0.1, 0.2, 4.1, live=True).pipe(step), seconds=5.0)
    assert counts(ledger) == (0, 0, 0, 0, {"overflow": 1, "late": 2, "disposed": 1})


def test_two_questions_settle_a_clip_once() -> None:
    """A clip that two steps ask about, with one ledger, is counted by the first that answers."""
    ledger = Ledger()
    captured(ledger, 0.0)
    models = (scripted(ModelError("no")), scripted(Say("b", seconds=2.0)))
    both = [analyze(vlm, "?", ledger=ledger) for vlm in models]
    shared = clips_at(0.0).pipe(ops.publish(lambda clips: reactivex.merge(*(clips.pipe(ask) for ask in both))))
    assert said(play(shared)) == [(1.0, ModelError), (2.0, "b"), (2.0, END)]
    assert counts(ledger) == (0, 0, 0, 1, {})
    assert ledger.snapshot().windows == 1


def test_the_answer_is_settled_before_it_is_delivered() -> None:
    """Who hears of an analysis finds it counted in the ledger already."""
    ledger = Ledger()
    captured(ledger, 0.0)
    seen: list[int] = []
    step = analyze(scripted("yes"), "?", ledger=ledger)
    play(clips_at(0.0).pipe(step, ops.do_action(lambda _: seen.append(ledger.snapshot().analysed))))
    assert seen == [1]


@pytest.mark.parametrize(
    "wrong",
    [{"timeout": 0.0}, {"timeout": float("nan")}, {"max_age": -1.0}, {"max_concurrent": 0}, {"overflow": "lose"}],
    ids=str,
)
def test_arguments_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range or an unknown rule is a ValueError when the step is made, and names the value."""
    vlm: Vlm = scripted("yes")
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        analyze(vlm, "?", **wrong)


def test_a_loss_is_told_by_the_step_that_lost_it(caplog: pytest.LogCaptureFixture) -> None:
    """The log names `analyze`, not `ask_all`, which it is made of."""
    slow = scripted(Say("ok", seconds=9.0))
    play(clips_at(0.0, 1.0, 2.0, 3.0).pipe(analyze(slow, "?", max_concurrent=1, capacity=1, overflow="drop_oldest")))
    assert "analyze had no room" in caplog.text
    assert "ask_all" not in caplog.text
