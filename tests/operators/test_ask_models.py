from __future__ import annotations

import pickle
import threading
from dataclasses import replace
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

import rxvlm
from rxvlm import Analysis, Answers, Clip, Frame, Ledger, ModelError, ModelTimeoutError, Window
from rxvlm import operators as rxo
from rxvlm.testing import END, Say, frames_at, play, scripted, video_of


def clips_at(*times: float, ledger: Ledger | None = None, live: bool = False) -> Observable[Clip]:
    """Give a clip of one captured frame at each second."""

    def clip_of(frame: Frame) -> Clip:
        if ledger is not None:
            ledger.capture(frame)
        window = Window((frame,), frame.time, frame.time + 1.0, frame.time if live else None)
        return replace(Clip.of(window, (b"jpeg",), (64, 48), window.times), fresh=1, seen=1)

    return video_of(frames_at(times)).pipe(ops.map(clip_of))


def said(heard: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """Give the second, and of answers the start of the clip, and each model's text or error."""
    return [
        (time, (item.clip.start, *(str(one.error or one.text) for one in item.answers.values())))
        if isinstance(item, Answers)
        else (time, item)
        for time, item in heard
    ]


def test_all_models_are_asked_about_each_clip() -> None:
    """There is one value for each clip, when the last model has answered, with the answers by the models' names."""
    quick, slow = scripted("a cat"), scripted(Say("a dog", seconds=3.0), Say("a fox", seconds=3.0))
    heard = play(clips_at(0.0, 5.0).pipe(rxo.ask_models({"a": quick, "b": slow}, "What?")))
    assert said(heard) == [(3.0, (0.0, "a cat", "a dog")), (8.0, (5.0, "a cat", "a fox")), (8.0, END)]
    first = heard[0][1]
    assert list(first.answers) == ["a", "b"]
    assert [(one.answered, one.prompt) for one in first.answers.values()] == [(1.0, "What?"), (3.0, "What?")]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.integers(1, 3), st.integers(0, 3))
def test_every_pair_is_of_one_clip(steps: list[int], max_concurrent: int, capacity: int) -> None:
    """On a live camera with one model ten times slower, all answers of a value are about its clip, in its order."""
    times = [float(sum(steps[:at])) / 4 for at in range(len(steps))]
    about = {"quick": 0.31, "slow": 3.1}
    models: Any = {
        name: scripted(*(Say(f"{name} {at}", seconds=seconds) for at in range(len(steps))), name=name)
        for name, seconds in about.items()
    }
    ledger, lost = Ledger(), list[tuple[Clip, str]]()
    step = rxo.ask_models(
        models,
        lambda clip: f"What at {clip.start}?",
        max_concurrent=max_concurrent,
        capacity=capacity,
        ledger=ledger,
        on_drop=lambda *it: lost.append(it),
    )
    heard = [item for _, item in play(clips_at(*times, ledger=ledger, live=True).pipe(step))[:-1]]
    for answers in heard:
        for name, one in answers.answers.items():
            assert one.clip is answers.clip
            assert one.prompt == f"What at {answers.clip.start}?"
            asked = models[name].asked
            assert asked[int(one.text.split()[1])][0] is answers.clip
    assert [clip.start for clip in sorted((one.clip for one in heard), key=lambda clip: clip.start)] == [
        one.clip.start for one in heard
    ]
    assert sorted([one.clip.start for one in heard] + [clip.start for clip, _ in lost]) == times
    tally = ledger.snapshot()
    assert (tally.captured, tally.analysed, tally.dropped.get("overflow", 0)) == (len(times), len(heard), len(lost))


def test_a_clip_is_begun_when_every_model_has_room() -> None:
    """The quick model waits for the slow one, so that no clip is asked of one model alone."""
    quick, slow = scripted("a"), scripted(Say("b", seconds=5.0))
    play(clips_at(0.0, 1.5, 2.5, 3.5).pipe(rxo.ask_models({"a": quick, "b": slow}, "?", capacity=1)))
    assert [clip.start for clip, _ in quick.asked] == [clip.start for clip, _ in slow.asked] == [0.0, 3.5]


def test_a_late_model_is_an_error_in_the_pair() -> None:
    """The time-out is each model's own: the answer of the other one is there, and the call is hung up."""
    ledger, slow = Ledger(), scripted(Say("b", seconds=9.0))
    step = rxo.ask_models({"a": scripted("a"), "b": slow}, "?", timeout=4.0, ledger=ledger)
    ((second, both), _) = play(clips_at(0.0, ledger=ledger).pipe(step))
    assert (second, both.answers["a"].text, slow.hung_up) == (4.0, "a", 1)
    assert isinstance(both.answers["b"].error, ModelTimeoutError)
    assert str(both.answers["b"].error) == "scripted did not answer within 4 s"
    assert (ledger.snapshot().analysed, ledger.snapshot().failed) == (1, 0)


@pytest.mark.parametrize(
    ("a", "b", "analysed"),
    [("yes", "no", 1), ("yes", ModelError("x"), 1), (ModelError("x"), "no", 1), (ModelError("x"), ModelError("y"), 0)],
)
def test_the_ledger_settles_a_clip_once(a: Any, b: Any, analysed: int) -> None:
    """A clip is analysed if any model answered, failed if none did, and counted once."""
    ledger = Ledger("yard")
    step = rxo.ask_models({"a": scripted(a), "b": scripted(b)}, "?", ledger=ledger)
    heard = play(clips_at(0.0, ledger=ledger).pipe(step))
    tally = ledger.snapshot()
    assert len(heard) == 2
    assert (tally.captured, tally.analysed, tally.failed, tally.windows) == (1, analysed, 1 - analysed, 1)
    assert (tally.waiting, tally.in_flight) == (0, 0)


def test_a_clip_that_becomes_too_old_ends_the_calls_that_run() -> None:
    """If one model has answered, the others' answers are errors; if none has, the clip is lost, once."""
    lost: list[tuple[float, str]] = []
    models = {"a": scripted("a", Say("a", seconds=8.0)), "b": scripted(Say("b", seconds=8.0))}
    step = rxo.ask_models(models, "?", max_age=5.0, on_drop=lambda clip, why: lost.append((clip.start, why)))
    heard = play(clips_at(0.0, 20.0, live=True).pipe(step))
    assert said(heard) == [(5.0, (0.0, "a", "scripted did not answer before its clip was 5 s old")), (25.0, END)]
    assert lost == [(20.0, "late")]


def test_a_clip_that_is_too_old_when_its_turn_comes_is_not_asked_about() -> None:
    """It is lost as stale, and no model is asked."""
    ledger, lost = Ledger(), list[str]()
    models = {"a": scripted(Say("a", seconds=4.0)), "b": scripted(Say("b", seconds=4.0))}
    step = rxo.ask_models(models, "?", max_age=4.5, ledger=ledger, on_drop=lambda _, why: lost.append(why))
    heard = play(clips_at(0.0, 0.25, 0.25, live=True, ledger=ledger).pipe(step))
    assert (len(heard), lost) == (2, ["late", "stale"])
    tally = ledger.snapshot()
    assert (tally.analysed, tally.dropped) == (1, {"late": 1, "stale": 1})


def test_a_prompt_function_is_called_once_a_clip() -> None:
    """All models are asked the same, also by a function whose answer changes; one that raises fails them all."""
    calls: list[float] = []

    def question(clip: Clip) -> str:
        calls.append(clip.start)
        return f"question {len(calls)}"

    models = {"a": scripted("a"), "b": scripted("b")}
    heard = play(clips_at(0.0, 5.0).pipe(rxo.ask_models(models, question)))
    assert [{one.prompt for one in item.answers.values()} for _, item in heard[:-1]] == [{"question 1"}, {"question 2"}]
    ((_, failed), _) = play(clips_at(0.0).pipe(rxo.ask_models(models, lambda _: 1 / 0)))  # pyright: ignore[reportArgumentType] - it raises
    assert all("the prompt function <lambda> failed" in str(one.error) for one in failed.answers.values())


def test_the_latest_prompt_is_asked_of_all() -> None:
    """`latest` changes the question from one clip to the next, for all models at once."""
    prompts: Subject[Any] = Subject()
    clock = VirtualTimeScheduler(0.0)
    clock.schedule_absolute(2.5, lambda *_: prompts.on_next("Where?"))
    step = rxo.ask_models({"a": scripted("a"), "b": scripted("b")}, rxo.latest("What?", prompts))
    heard = play(clips_at(0.0, 5.0).pipe(step), scheduler=clock)
    assert [[one.prompt for one in item.answers.values()] for _, item in heard[:-1]] == [["What?"] * 2, ["Where?"] * 2]


def test_models_that_answer_on_threads_of_their_own_answer_once() -> None:
    """Two threads that end at the same moment make one value, and no model is asked twice."""
    together = threading.Barrier(2)

    def model(name: str) -> rxvlm.Vlm:
        def answer(_clip: Clip, _prompt: str) -> str:
            together.wait(WATCHDOG)
            return name

        return rxvlm.vlm_from(answer, name=name)

    clips = clips_at(*[0.0] * 20)
    step = rxo.ask_models({"a": model("a"), "b": model("b")}, "?", overflow="block")
    heard = rxvlm.collect(clips.pipe(step))
    assert [[one.text for one in item.answers.values()] for item in heard] == [["a", "b"]] * 20


def test_disposing_hangs_up_on_all() -> None:
    """Both calls in flight are disposed of, and the clip is told as disposed."""
    lost: list[str] = []
    models = {"a": scripted(Say("a", seconds=9.0)), "b": scripted(Say("b", seconds=9.0))}
    step = rxo.ask_models(models, "?", on_drop=lambda _, why: lost.append(why))
    play(clips_at(0.0).pipe(step), seconds=3.0)
    assert ([one.hung_up for one in models.values()], lost) == ([1, 1], ["disposed"])


def test_a_camera_is_watched_by_two_models() -> None:
    """A drawn live camera is asked of both, and every frame is accounted for."""
    ledger = Ledger("yard")
    clips = rxvlm.video("demo:yard", ledger=ledger).pipe(
        rxo.buffer_by_time(0.2), rxo.sample_evenly(1), rxo.encode_jpegs(64, on_drop=ledger.drop)
    )
    models = {"a": rxvlm.vlm_from(lambda *_: "a"), "b": rxvlm.vlm_from(lambda *_: "b")}
    asked = clips.pipe(rxo.ask_models(models, "?", ledger=ledger), ops.take(3), rxo.close_ledger(ledger))
    for both in rxvlm.collect(asked):
        assert [one.text for one in both.answers.values()] == ["a", "b"]
    tally = ledger.snapshot()
    assert tally.analysed > 0
    assert (tally.waiting, tally.in_flight) == (0, 0)


@pytest.mark.parametrize(
    ("models", "kind", "says"),
    [
        ([scripted("a")], TypeError, 'models are given by name, as in {"a": model, "b": other}, not as a list'),
        (scripted("a"), TypeError, 'models are given by name, as in {"a": model, "b": other}, not as a ScriptedVlm'),
        ({}, ValueError, "models is empty: at least one must be asked"),
        ({1: scripted("a")}, TypeError, "the name of a model must be a text, not 1"),
        ({"a": "opencv"}, TypeError, "'opencv' is a name, not a model: rxvlm.models.named('opencv') returns it"),
    ],
    ids=["list", "model", "empty", "number", "name"],
)
def test_wrong_models_are_refused_at_once(models: Any, kind: type[Exception], says: str) -> None:
    """What is no mapping of models by name is an error that says what to write."""
    with pytest.raises(kind) as raised:
        rxo.ask_models(models, "?")
    assert str(raised.value) == says


def answers() -> Answers:
    ((_, both), _) = play(
        clips_at(0.0).pipe(rxo.ask_models({"a": scripted("a cat"), "b": scripted(ModelError("<busy>"))}, "What?"))
    )
    return both


def test_answers_show_themselves() -> None:
    """A repr has the span and what each model said in one line; a notebook shows a row a model, escaped."""
    both = answers()
    assert repr(both) == "Answers('test' [0, 1) s, a: 'a cat', b: ModelError('<busy>'))"
    html = both._repr_html_()
    assert "a cat" in html
    assert "&lt;busy&gt;" in html
    assert "What?" in html


def test_answers_pickle() -> None:
    """Answers come out of pickle as they went in."""
    both = pickle.loads(pickle.dumps(answers()))
    assert both.answers["a"].text == "a cat"
    assert both.answers["a"].clip is both.clip


def test_answers_cannot_be_changed() -> None:
    """The mapping is read-only, and does not follow what it was made of."""
    both, made_of = answers(), dict[str, Analysis]()
    made_of.update(both.answers)
    again = Answers(both.clip, made_of)
    made_of.clear()
    assert len(again.answers) == 2
    with pytest.raises(TypeError):
        again.answers["c"] = again.answers["a"]  # pyright: ignore[reportIndexIssue] - the point of the test


def test_answers_are_about_one_clip() -> None:
    """Answers about another clip, or none at all, are a ValueError."""
    both, other = answers(), answers()
    with pytest.raises(ValueError, match="the answer of 'x' is about another clip"):
        Answers(both.clip, {"a": both.answers["a"], "x": other.answers["a"]})
    with pytest.raises(ValueError, match="at least one answer"):
        Answers(both.clip, {})


def test_zip_pairs_the_answers_to_different_clips() -> None:
    """What the caveat says of two `analyze` steps and RxPY's zip, and what this step is for."""
    clips = clips_at(*map(float, range(12))).pipe(ops.share())
    quick = clips.pipe(rxo.analyze(scripted(Say("a", seconds=0.3)), "?"))
    slow = clips.pipe(rxo.analyze(scripted(Say("b", seconds=3.0)), "?", on_drop=lambda *_: None))
    pairs: list[Any] = [pair for _, pair in play(reactivex.zip(quick, slow))[:-1]]
    assert any(left.clip is not right.clip for left, right in pairs)
