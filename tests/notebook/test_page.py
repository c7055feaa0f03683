"""What a page knows of a stream: bounded, the newest first, and in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from answering import answer

from rxvlm import Ledger, ModelError
from rxvlm.notebook.page import Page


def page_of(*items: object, newest: int = 24, ledgers: dict[str, Ledger] | None = None) -> Page:
    page = Page(newest, ledgers or {}, now=lambda: 0.0)
    for item in items:
        page.take(item)
    return page


def test_calls_tokens_and_ages_are_counted() -> None:
    """Percentiles are of the ages of all answers, and failures are calls, too."""
    answers = [answer(age=float(age)) for age in range(1, 101)]
    failed = replace(answer(), error=ModelError("no"), text="")
    page = page_of(*answers, failed)
    assert page.head()["heading"] == "running, 101 items"
    assert page.head()["costs"] == ("101 calls, 1 failed, 10,100 tokens in, 303 out, age 51.0 s (p50), 96.0 s (p95)")


def test_each_camera_keeps_its_newest_items() -> None:
    """A camera that is quiet is not pushed out by others."""
    page = page_of(answer("quiet"), *(answer("busy", float(end)) for end in range(5, 105, 5)), newest=3)
    assert [(item.camera, item.number) for item in page.items] == [
        ("quiet", 1),
        ("busy", 19),
        ("busy", 20),
        ("busy", 21),
    ]


def test_the_file_keeps_the_newest_of_each_camera_the_newest_first() -> None:
    """Of one camera alone it keeps six."""
    many = page_of(answer("a", 5.0), answer("b", 5.0), answer("a", 10.0)).plain().splitlines()
    assert [line[:12] for line in many[1:]] == ["Analysis('a'", "Analysis('b'"]
    alone = page_of(*(answer(end=float(end)) for end in range(5, 55, 5)))
    assert alone.html().count("a cat at") // alone.html().count("a cat at 50") == 6
    assert alone.html().index("a cat at 50") < alone.html().index("a cat at 45")


def test_cameras_and_clips_are_bounded() -> None:
    """The oldest camera and the oldest clips go; the small pictures of a row stay."""
    page = page_of(*(answer(str(number)) for number in range(300)))
    assert len({item.camera for item in page.items}) == 256
    clips = page_of(*(answer(end=float(end), size=10_000_000) for end in range(5, 30, 5)))
    kept = [item.clip is not None and item.clip.kept for item in clips.items]
    assert kept == [False, False, True, True, True]
    first = clips.items[0]
    assert len(first.pictures) == 1
    assert "not kept any more" in first.opened()[0]["error"]
    assert clips.items[-1].opened()[0]["type"] == "image/jpeg"


@pytest.mark.parametrize("state", ["stopped", "ended", "failed"])
def test_a_page_that_is_over_says_so(state: str) -> None:
    """The file and the view say the same."""
    page = page_of(answer())
    page.end(state)
    assert page.head()["over"]
    assert page.heading.startswith(f"{state}, 1 item")
    assert page.head()["heading"] == f"{state}, 1 item"
