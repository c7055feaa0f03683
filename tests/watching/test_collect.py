from __future__ import annotations

import subprocess
import sys
import traceback
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import operators as ops

from rxvlm import Clip, collect, video, vlm_from, watch


def test_all_items_until_the_end() -> None:
    """Without a number it waits for the end."""
    assert collect(reactivex.from_iterable([1, 2, 3])) == [1, 2, 3]


def test_some_items_of_an_endless_stream() -> None:
    """With a number it disposes of the stream when it has that many items."""
    left: list[bool] = []
    endless = reactivex.interval(0.001).pipe(ops.finally_action(lambda: left.append(True)))
    assert collect(endless, 3) == [0, 1, 2]
    assert left == [True]


def test_an_error_is_raised() -> None:
    """The stream's error is raised in the caller."""
    with pytest.raises(KeyError):
        collect(reactivex.throw(KeyError("x")))


def test_a_number_below_1_is_refused() -> None:
    """Waiting for no items is an error at once."""
    with pytest.raises(ValueError, match="at least 1"):
        collect(reactivex.empty(), 0)


@pytest.mark.parametrize("value", [[1], "demo:yard", None, collect])
def test_what_is_no_stream_is_refused(value: Any) -> None:
    """In one line that says what to give."""
    with pytest.raises(TypeError, match=r"^collect takes a stream, such as .*, not ") as caught:
        collect(value)
    assert "\n" not in str(caught.value)


def test_an_error_keeps_what_was_paid_for() -> None:
    """The items that came before it are on the exception, whose traceback has the user's lines alone."""

    def worth(number: int) -> int:
        return {0: 10, 1: 20}[number]

    with pytest.raises(KeyError) as caught:
        collect(reactivex.range(0, 5).pipe(ops.map(worth)))
    assert caught.value.partial == [10, 20]  # pyright: ignore[reportAttributeAccessIssue]
    lines = [line.name for line in traceback.extract_tb(caught.value.__traceback__)]
    assert lines == ["test_an_error_keeps_what_was_paid_for", "collect", "worth"]


def test_an_interrupt_keeps_what_was_paid_for() -> None:
    """So does a KeyboardInterrupt; in a process of its own, since a signal is for a whole process."""
    code = (
        "import os, signal, reactivex, rxvlm\n"
        "from reactivex import operators as ops\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "interrupt = ops.do_action(lambda number: number == 3 and os.kill(os.getpid(), signal.SIGINT))\n"
        "try:\n    rxvlm.collect(reactivex.interval(0.01).pipe(interrupt))\n"
        "except KeyboardInterrupt as error:\n    print(error.partial[:3])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WATCHDOG, check=True)
    assert ran.stdout == "[0, 1, 2]\n"


def test_a_part_of_a_list_shows_itself() -> None:
    """A slice is such a list, too, and equal to the plain one."""
    items = collect(video("demo:yard?seconds=1&fps=4"))
    assert items[1:3] == list(items)[1:3]
    assert items[1:3]._repr_html_().count("data:image/jpeg") == 2
    assert items[-1] is list(items)[-1]


def test_a_list_of_answers_shows_itself() -> None:
    """As a table with pictures, an error folded; of other items each as it shows itself."""

    def model(clip: Clip, _prompt: str) -> str:
        return {0.0: "a <b>cat</b>"}[clip.start]

    collected = collect(watch("demo:gate?seconds=10", vlm_from(model), every=5.0))
    html = collected._repr_html_()
    assert isinstance(collected, list)
    assert html.count("<tr>") == 3
    assert html.count("data:image/jpeg") == 6
    assert "a &lt;b&gt;cat&lt;/b&gt;" in html
    assert "KeyError" in html.partition("<details>")[2]
    assert collect(video("demo:yard?seconds=1&fps=2"))._repr_html_().count("data:image/jpeg") == 2
