"""answers: a plain loop over a stream."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import operators as ops
from reactivex.subject import Subject

import rxvlm
from rxvlm import answers, video
from rxvlm.sources import pushed


def test_a_loop_takes_all_items_in_order() -> None:
    """Whichever thread delivers them, and also when they are delivered while it is subscribed to."""
    assert list(answers(video("demo:yard?seconds=50&fps=10"), capacity=3))[-1].index == 499
    assert list(answers(reactivex.range(0, 1000), capacity=3)) == list(range(1000))


def test_an_error_comes_after_the_items() -> None:
    """What came before it is not lost."""
    heard: list[int] = []
    with pytest.raises(KeyError):
        heard.extend(answers(reactivex.concat(reactivex.of(1, 2), reactivex.throw(KeyError("x")))))
    assert heard == [1, 2]


def test_a_loop_that_is_left_disposes() -> None:
    """``break`` ends the subscription, though the stream has no end."""
    left = threading.Event()
    for number in answers(reactivex.interval(0.001).pipe(ops.finally_action(left.set))):
        if number == 3:
            break
    assert left.wait(WATCHDOG)


def test_a_blocked_film_is_freed_when_the_loop_is_left() -> None:
    """A film that waits for room ends at once, and its thread with it."""
    left = threading.Event()
    film = video("demo:yard?seconds=50&fps=10").pipe(ops.finally_action(left.set))
    for _ in answers(film, capacity=1):
        break
    assert left.wait(WATCHDOG)


def test_a_camera_never_waits_for_the_loop() -> None:
    """Of a live source the oldest items are lost, and told to ``on_drop``."""
    camera, lost, frames = pushed("yard", capacity=1000), [], Subject[Any]()
    told: list[int] = lost
    loop = answers(
        camera.pipe(ops.do_action(frames.on_next)), capacity=2, on_drop=lambda frame, _reason: told.append(frame.index)
    )
    for index in range(6):
        camera.push(_picture(), time=float(index))
    camera.end()
    first = next(loop).index
    over = threading.Event()
    frames.subscribe(lambda frame: frame.index == 5 and over.set())
    rest = [frame.index for frame in loop]
    assert sorted([first, *rest, *told]) == list(range(6))
    assert rest == sorted(rest)


def _picture() -> Any:
    import numpy as np

    return np.zeros((48, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("stream", "options", "error", "says"),
    [
        ([1, 2], {}, TypeError, "answers takes a stream, such as .*not a list"),
        ("demo:yard", {}, TypeError, "not 'demo:yard'"),
        (reactivex.never(), {"capacity": 0}, ValueError, "capacity must be at least 1"),
        (reactivex.never(), {"overflow": "drop_newest"}, ValueError, "overflow must be drop_oldest or block"),
    ],
)
def test_misuse_is_an_error_at_once(stream: Any, options: Any, error: type[Exception], says: str) -> None:
    """Nothing needs to be iterated over to see it."""
    with pytest.raises(error, match=says):
        answers(stream, **options)


def test_a_loop_over_a_silent_camera_can_be_interrupted() -> None:
    """Ctrl-C ends a loop to which no item comes."""
    code = "import reactivex, rxvlm\nprint('begun', flush=True)\nfor item in rxvlm.answers(reactivex.never()): pass"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        os.kill(run.pid, signal.SIGINT)
        _, said = run.communicate(timeout=WATCHDOG)
    assert "KeyboardInterrupt" in said


def test_readme_names_it() -> None:
    """It is public."""
    assert rxvlm.answers is answers
