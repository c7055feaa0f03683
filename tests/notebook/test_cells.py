"""Cells that are run again, in a real kernel that is asked as a front end asks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import WATCHDOG
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

BEGIN = (
    "import reactivex as rx, rxvlm\n"
    "from reactivex import operators as ops\n"
    "left = []\n"
    "def endless(name):\n"
    "    return rx.never().pipe(ops.finally_action(lambda: left.append(name)))"
)


class Front:
    """A front end that runs code, as a cell with an identifier or without one."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str, cell: str | None = None) -> list[Any]:
        """Run code; return the contents of its outputs."""
        client = self._client
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        client.shell_channel.send(message)
        shown: list[Any] = []
        while True:
            one = client.get_iopub_msg(timeout=WATCHDOG)
            if one["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if one["msg_type"] == "status" and one["content"]["execution_state"] == "idle":
                return shown
            if one["msg_type"] in ("display_data", "execute_result", "stream", "error"):
                shown.append(one["content"])

    def printed(self, expression: str) -> str:
        return "".join(content.get("text", "") for content in self.run(f"print({expression})"))


@pytest.fixture(scope="module")
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager, client = start_new_kernel()
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def front(kernel: tuple[KernelManager, BlockingKernelClient]) -> Front:
    front = Front(kernel[1])
    front.run(BEGIN)
    return front


def test_a_cell_that_is_run_again_ends_its_earlier_stream(front: Front) -> None:
    """By its identifier, though its code was edited; another cell with the same code is another cell."""
    front.run("live = rxvlm.show(endless('first'))", "a")
    front.run("other = rxvlm.show(endless('other'))", "b")
    front.run("live = rxvlm.show(endless('second'))  # edited", "a")
    assert front.printed("left, live.over, other.over") == "['first'] False False\n"


def test_old_views_make_room(front: Front) -> None:
    """Of streams that are over eight views are kept, with their clips; of older ones the saved table stays."""
    front.run("lives = []")
    for number in range(10):
        front.run("lives.append(rxvlm.show(rx.just(1))); lives[-1].wait()", f"old-{number}")
    assert front.printed("[live.widget.comm is None for live in lives].count(True)") in ("1\n", "2\n")
    assert front.printed("lives[0].widget.comm is None, lives[-1].widget.comm is None") == "True False\n"


def test_without_an_identifier_the_code_says_which_cell_it_is(front: Front) -> None:
    """A front end that sends none runs the same code again."""
    for _ in range(2):
        front.run("live = rxvlm.show(endless('one'))")
    front.run("second = rxvlm.show(endless('two'))")
    assert front.printed("left, live.over, second.over") == "['one'] False False\n"


def test_two_streams_of_one_cell_do_not_end_each_other(front: Front) -> None:
    """Only an earlier run is ended, with all its streams."""
    cell = "lives = [rxvlm.show(endless(name)) for name in 'xy']"
    front.run(cell, "c")
    assert front.printed("left") == "[]\n"
    front.run(cell, "c")
    assert front.printed("sorted(left), [live.over for live in lives]") == "['x', 'y'] [False, False]\n"


def test_nothing_stray_stands_below_the_drawing(front: Front) -> None:
    """A cell that ends with ``show(...)`` shows its view once; in another cell, ``live`` is shown there, too."""
    view = "application/vnd.jupyter.widget-view+json"
    outputs = front.run("live = rxvlm.show(endless('z'))\nlive", "d")
    assert [sorted(output["data"]) for output in outputs] == [
        [view, "text/html", "text/plain"],
        ["text/html", "text/plain"],
    ]
    again = front.run("live", "e")
    assert again[0]["data"] == outputs[0]["data"]
    assert re.fullmatch(r"as of \d\d:\d\d:\d\d, 0 items", again[1]["data"]["text/plain"])
    assert front.run("live.stop()", "f") == []
    assert front.printed("live.over, left") == "True ['z']\n"


def test_a_view_of_an_earlier_run_is_closed(front: Front) -> None:
    """Also of a stream that is over: else each run would keep its clips in memory."""
    for _ in range(2):
        front.run("live = rxvlm.show(rx.just(1))\nlive.wait()", "g")
        front.run("views = [*globals().get('views', []), live.widget]")
    assert front.printed("[view.comm is None for view in views]") == "[True, False]\n"


@pytest.mark.parametrize("call", ["rxvlm.show(12)", "rxvlm.show('demo:yard')", "rxvlm.collect(None)"])
def test_what_is_no_stream_leaves_no_box(front: Front, call: str) -> None:
    """One line says what to give; nothing says that it runs."""
    outputs = front.run(call)
    assert len(outputs) == 1
    assert outputs[0]["ename"] == "TypeError"
    assert "takes a stream, such as" in outputs[0]["evalue"]
    assert "\n" not in outputs[0]["evalue"]


def test_a_failure_is_shown_with_the_users_line_folded(front: Front) -> None:
    """The step is said, and the traceback of the user's code can be opened; no line of RxPY's is in it."""
    outputs = front.run(
        "def choose(window, count):\n    return window.frames[99], window.frames[0]\n"
        "from rxvlm import operators as rxo\n"
        "clips = rxvlm.video('demo:yard?seconds=2').pipe(rxo.buffer_by_time(1.0), rxo.sample_with(choose, 2))\n"
        "live = rxvlm.show(clips)\nlive.wait()"
    )
    page = front.run("live")[1]["data"]["text/html"]
    folded = page.partition("<details>")[2].partition("</details>")[0]
    assert "IndexError" in page
    assert "sample_with(choose, 2)" in page.partition("<details>")[0]
    assert "return window.frames[99]" in folded
    assert "reactivex" not in folded
    assert any("return window.frames[99]" in output.get("text", "") for output in outputs)  # the log


def test_await_and_async_for_work_in_a_cell(front: Front) -> None:
    """The notebook's own loop runs while the stream's threads deliver."""
    assert front.run("(await rxvlm.video('demo:yard?seconds=2&fps=4')).time")[0]["data"]["text/plain"] == "1.75"
    loop = "[frame.index async for frame in rxvlm.video('demo:yard?seconds=1&fps=4')]"
    assert front.run(loop)[0]["data"]["text/plain"] == "[0, 1, 2, 3]"
    assert front.run("for frame in rxvlm.video('demo:yard'): pass")[0]["ename"] == "TypeError"
    assert front.run("await rxvlm.video('/no/film.mp4')")[0]["ename"] == "SourceNotFoundError"


def test_calls_and_tokens_are_counted(front: Front) -> None:
    """The heading tells what asking has cost so far."""
    front.run(
        "from rxvlm import Piece, Usage\n"
        "def ask(clip, prompt):\n"
        "    if clip.start == 2: raise KeyError('x')\n"
        "    return Piece('yes', usage=Usage(1000, 20))\n"
        "live = rxvlm.show(rxvlm.watch('demo:yard?seconds=6', rxvlm.vlm_from(ask), every=2.0))\nlive.wait()"
    )
    assert front.run("live")[1]["data"]["text/plain"].splitlines()[0] == (
        "ended, 3 items, 3 calls, 1 failed, 2,000 tokens in, 40 out"
    )
