"""What the views of a stream are told, and what they may ask for; the widget's end in the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from answering import answer
from conftest import wait_until

from rxvlm import Ledger
from rxvlm.notebook.front import Front
from rxvlm.notebook.page import Page


class Widget:
    """A widget without a front end: what is sent to it can be read, and a view can be played."""

    comm = None

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self.closed = False

    def on_msg(self, listener: Callable[..., None]) -> None:
        self._listener = listener

    def send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append((message, list(buffers)))

    def say(self, kind: str, view: str = "v", page: str = "p", **more: object) -> None:
        self._listener(self, {"kind": kind, "view": view, "page": page, **more}, [])

    def close(self) -> None:
        self.closed = True


class RememberedFront(Front):
    """A front whose acts are remembered."""

    def __init__(self, page: Page) -> None:
        self.acts: list[str] = []
        names = ("stop", "pause", "resume", "gone")
        self.widget = Widget()
        super().__init__(self.widget, page, {name: lambda name=name: self.acts.append(name) for name in names})


@pytest.fixture
def page() -> Page:
    return Page(2, {"gate": Ledger("gate")}, now=lambda: 0.0)


def test_only_what_changed_is_sent(page: Page) -> None:
    """After a view's hello, by row: what it knows is not sent again, and rows that are kept no more are taken away."""
    front = RememberedFront(page)
    page.take(answer(end=5.0))
    front.widget.say("hello")
    ((whole, pictures),) = front.widget.sent
    assert (whole["kind"], [row["id"] for row in whole["rows"]], len(pictures)) == ("all", [1], 1)
    assert pictures[0].startswith(b"\xff\xd8")
    assert [camera["name"] for camera in whole["cameras"]] == ["gate"]
    front.update()
    assert front.widget.sent[-1][0]["rows"] == front.widget.sent[-1][0]["cameras"] == []
    page.take(answer(end=10.0))
    page.take(answer(end=15.0))
    front.update()
    changed, pictures = front.widget.sent[-1]
    assert ([row["id"] for row in changed["rows"]], changed["gone"], len(pictures)) == ([2, 3], [1], 2)


def test_a_page_that_is_loaded_again_gets_all(page: Page) -> None:
    """Its view says hello, and is sent what is kept."""
    front = RememberedFront(page)
    page.take(answer(end=5.0))
    front.widget.say("hello", page="before")
    front.widget.say("hello", page="after")
    assert [row["id"] for row in front.widget.sent[-1][0]["rows"]] == [1]


def test_before_a_view_is_heard_the_whole_page_is_sent(page: Page) -> None:
    """A kernel that is busy may not hear it for long, though it is there."""
    front = RememberedFront(page)
    page.take(answer(end=5.0))
    front.update()
    assert front.widget.sent[-1][0]["kind"] == "all"
    assert not front.heard


def test_a_row_opens_its_clip(page: Page) -> None:
    """The bytes are sent only then, with the times of their pictures; of a row that is gone nothing is."""
    front = RememberedFront(page)
    page.take(answer(end=5.0))
    front.widget.say("film", row=1)
    message, data = front.widget.sent[-1]
    assert (message["type"], message["times"], message["where"]) == (
        "image/jpeg",
        [0.0],
        "gate, 0 s to 5 s: what the model was sent",
    )
    assert len(data) == 1
    sent = len(front.widget.sent)
    front.widget.say("film", row=77)
    assert len(front.widget.sent) == sent


def test_views_may_act_and_nothing_else(page: Page) -> None:
    """What no button says is ignored."""
    front = RememberedFront(page)
    for kind in ("pause", "resume", "stop", "close", ""):
        front.widget.say(kind)
    assert front.acts == ["pause", "resume", "stop"]


def test_the_last_view_that_goes_ends_the_stream(page: Page) -> None:
    """Its output was cleared, or its cell deleted. A cell that is moved has a new view at once, and goes on."""
    front = RememberedFront(page)
    front.widget.say("hello", view="a")
    front.widget.say("hello", view="b")
    front.widget.say("gone", view="a")
    front.widget.say("gone", view="b")
    front.widget.say("hello", view="c")
    front.widget.say("gone", view="c")
    wait_until(lambda: front.acts == ["gone"])


def test_a_view_on_another_page_does_not_count(page: Page) -> None:
    """A page that was loaded again never says that its views are gone."""
    front = RememberedFront(page)
    front.widget.say("hello", view="a", page="before")
    front.widget.say("hello", view="b", page="after")
    front.widget.say("gone", view="b", page="after")
    wait_until(lambda: front.acts == ["gone"])
