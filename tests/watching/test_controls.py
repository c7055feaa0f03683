"""What can be done to a run: pausing, muting, and a question in between, whose answer streams."""

from __future__ import annotations

from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Analysis, Clip, Ledger, ModelError, ModelTimeoutError, Piece, Usage
from rxvlm.rules import Mutes
from rxvlm.testing import END, Say, frames_at, play, scripted, video_of
from rxvlm.vlm import Vlm
from rxvlm.watching.cameras import Told
from rxvlm.watching.controls import Asked, Controls
from rxvlm.watching.options import WatchOptions
from rxvlm.watching.watch_all import watch_together

CLIP = Clip((b"jpeg",), "image/jpeg", (0.0,), 8, 8, 0.0, 10.0, source="yard")


class InPieces:
    """A model whose answer comes in words, one every 0.7 s, with what it cost."""

    name = "pieces"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        words = [Piece("a "), Piece("red "), Piece("van", usage=Usage(100, 3))]
        return reactivex.interval(0.7).pipe(ops.take(3), ops.map(lambda at: words[at]))


class Run:
    """Controls over two cameras and a rule, with a clip of one of them."""

    def __init__(self, model: Vlm | None = None, timeout: float = 60.0) -> None:
        self.ledgers = {"yard": Ledger("yard"), "gate": Ledger("gate")}
        self.answers: list[Analysis] = []
        self.controls = Controls(
            self.ledgers,
            asked=lambda _camera: Asked(model or InPieces(), timeout),
            rules=lambda: ["person"],
            on_answer=self.answers.append,
            mutes=Mutes(clock=lambda: 1000.0),
        )
        self.controls.on_clip(CLIP)

    def ask(self, camera: str = "yard", question: str = "What colour?") -> list[tuple[float, Any]]:
        clock = VirtualTimeScheduler(0.0)
        return play(self.controls.ask(camera, question), scheduler=clock)


def test_an_answer_comes_in_pieces_and_is_billed() -> None:
    """Each piece comes when the model gives it; the whole answer is told once, marked, with its usage."""
    run = Run()
    heard = run.ask()
    assert [(time, getattr(item, "text", item)) for time, item in heard] == [
        (0.7, "a "),
        (1.4, "red "),
        (2.1, "van"),
        (2.1, END),
    ]
    (answer,) = run.answers
    assert (answer.text, answer.prompt, answer.clip) == ("a red van", "What colour?", CLIP)
    assert (answer.usage, answer.marks, answer.timings) == (Usage(100, 3), {"asked"}, {})


@pytest.mark.parametrize(
    ("model", "error"), [(scripted(ModelError("no")), ModelError), (scripted(Say("late", 90.0)), ModelTimeoutError)]
)
def test_a_call_that_fails_is_an_error_and_told(model: Vlm, error: type[Exception]) -> None:
    """What the model raises, and a time-out, end the stream with the error; the failed answer is told."""
    run = Run(model)
    ((_, ended),) = run.ask()
    assert isinstance(ended, error)
    assert isinstance(run.answers[0].error, error)


def test_a_question_that_is_left_is_hung_up() -> None:
    """Disposing of the stream disposes of the call, and nothing is told."""
    model = scripted(Say("slow", 30.0))
    run, clock = Run(model), VirtualTimeScheduler(0.0)
    assert play(run.controls.ask("yard", "What?"), seconds=5.0, scheduler=clock) == []
    assert (model.hung_up, run.answers) == (1, [])


@pytest.mark.parametrize(
    ("camera", "question", "says"),
    [
        ("yart", "What?", "there is no camera 'yart'; did you mean 'yard'?"),
        ("gate", "What?", "there is no clip of gate yet: wait for its first window"),
        ("yard", "  ", "the question is empty"),
    ],
)
def test_what_cannot_be_asked_is_an_error_of_the_stream(camera: str, question: str, says: str) -> None:
    """A wrong name, a camera without a clip and an empty question say what is wrong."""
    ((_, error),) = Run().ask(camera, question)
    assert isinstance(error, ValueError)
    assert str(error) == says


def test_pausing_and_resuming_a_camera() -> None:
    """The ledger is paused, and it is said since when; a wrong name is an error that names the cameras."""
    run = Run()
    run.controls.pause("yard", "lunch")
    assert set(run.controls.paused()) == {"yard"}
    assert run.ledgers["yard"].paused
    run.controls.resume("yard")
    assert run.controls.paused() == {}
    with pytest.raises(ValueError, match="there is no camera 'x'; they are yard, gate"):
        run.controls.pause("x")


def test_muting_a_rule() -> None:
    """A rule is muted for its seconds; 0 ends it; wrong names and times are errors."""
    run = Run()
    run.controls.mute("person", 600.0)
    assert run.controls.muted() == {"person": 1600.0}
    run.controls.mute("person", 0)
    assert run.controls.muted() == {}
    for seconds in (-1.0, float("nan"), float("inf"), 1e12):
        with pytest.raises(ValueError, match="seconds"):
            run.controls.mute("person", seconds)
    with pytest.raises(ValueError, match="did you mean 'person'"):
        run.controls.mute("persons", 1.0)


def test_the_newest_clip_is_asked_about_also_in_a_pause() -> None:
    """Clips are made while asking is paused, so a question in between is about what is there now."""
    run, clock = Run(), VirtualTimeScheduler(0.0)
    run.controls.pause("yard")
    camera = video_of(frames_at([at / 2 for at in range(80)], source="yard", live=True, size=(16, 16)))
    told = Told(scripted("x"), "?", WatchOptions(scheduler=clock))
    stream = watch_together({"yard": camera}, told, ledgers=run.ledgers, on_clip=run.controls.on_clip)
    assert [item for _, item in play(stream, scheduler=clock)] == [END]
    run.ask()
    assert (run.answers[0].clip.start, run.answers[0].clip.end) == (30.0, 40.0)
    run.controls.forget("yard")
    assert isinstance(run.ask()[0][1], ValueError)
