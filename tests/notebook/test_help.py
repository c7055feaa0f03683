"""What a notebook shows of a function when it is asked for help, and lists that are shown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import WATCHDOG
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

import rxvlm
from rxvlm import operators as rxo

FUNCTIONS = {
    name: getattr(rxvlm, name)
    for name in ("watch", "watch_all", "show", "video", "collect", "answers", "each", "Camera", "LiveTable")
}
STEPS = {name: getattr(rxo, name) for name in ("buffer_by_time", "encode_mp4", "analyze", "sample_evenly", "to")}
RUN = "import rxvlm\nmodel = rxvlm.vlm_from(lambda clip, prompt: 'a cat', name='cat')"


@pytest.fixture(scope="module")
def client() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel()
    client.execute_interactive(RUN, timeout=WATCHDOG)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def tooltip(client: BlockingKernelClient, code: str) -> str:
    """Give what Shift-Tab shows, without colours."""
    client.inspect(code)
    found: Any = client.get_shell_msg(timeout=WATCHDOG)
    return re.sub(r"\x1b\[[\d;]*m", "", found["content"]["data"]["text/plain"])


@pytest.mark.parametrize(
    ("code", "example"),
    [
        ("rxvlm.watch(", 'rxvlm.watch("cars.mp4", model, prompt="Which cars?")'),
        ("rxvlm.show(", 'live = rxvlm.show(rxvlm.watch("demo:gate"))'),
        ("rxvlm.video(", 'rxvlm.video("cars.mp4")'),
    ],
)
def test_help_begins_with_an_example(client: BlockingKernelClient, code: str, example: str) -> None:
    """The first line of the text says what it does, with a call that can be copied."""
    text = tooltip(client, code).partition("Docstring:")[2].strip()
    assert example in text.splitlines()[0]


def test_types_are_shown_with_their_choices(client: BlockingKernelClient) -> None:
    """A choice is listed, and no type is a quoted name."""
    shown = tooltip(client, "rxvlm.watch(").partition("Docstring:")[0]
    assert "effort: Literal['exact', 'keyframes', 'copy'] = 'exact'" in shown
    assert "gate: Literal['motion'] | Operator[Window, Window] | None = None" in shown
    assert "source: str | Path | Observable[Frame]" in shown
    assert "'Effort'" not in shown


def test_show_says_what_happens_when_a_cell_is_run_twice(client: BlockingKernelClient) -> None:
    """The stream of the earlier run is stopped."""
    text = " ".join(tooltip(client, "rxvlm.show(").split())
    assert re.search(r"cell( is run)? again, the stream of the earlier run is stopped", text)


@pytest.mark.parametrize("function", {**FUNCTIONS, **STEPS}.values(), ids={**FUNCTIONS, **STEPS})
def test_no_type_is_quoted(function: Callable[..., Any]) -> None:
    """Signatures are words, not texts in quotes; the annotations behind them are what was written."""
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        shown = inspect.formatannotation(parameter.annotation)
        assert not shown.startswith(("'", '"')), parameter
        assert isinstance(parameter.annotation, str)
        assert len(shown) < 130, shown


def test_a_list_is_shown_as_a_table(client: BlockingKernelClient) -> None:
    """Also a plain list, and a tuple; nothing is returned, and nothing runs."""
    shown: list[Any] = []
    code = (
        "got = rxvlm.collect(rxvlm.watch('demo:yard?seconds=4', model, every=2.0))\n"
        "assert rxvlm.show(list(got)) is None\n"
        "rxvlm.show((got[0], 'words'))"
    )
    reply: Any = client.execute_interactive(
        code,
        timeout=WATCHDOG,
        output_hook=lambda one: shown.append(one["content"]) if "data" in one["content"] else None,
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    first, second = (one["data"] for one in shown)
    assert "<caption>2 answers</caption>" in first["text/html"]
    assert first["text/html"].count("<td") >= 8
    assert first["text/plain"].startswith("Analysis('yard'")
    assert "<caption>2 items</caption>" in second["text/html"]
    assert "words" in second["text/html"]
