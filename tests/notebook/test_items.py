"""Items as rows of the live view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from answering import PICTURE, answer

from rxvlm import Answers, Clip, ModelError, collect, video
from rxvlm.notebook.items import Item
from rxvlm.operators import buffer_by_time, encode_mp4


class Chart:
    """Shows itself, as those of pandas and others do."""

    def _repr_html_(self) -> str:
        return "<b>chart</b>"


def facts(item: object) -> dict[str, Any]:
    return Item(7, item).facts


def test_an_answer_is_a_row() -> None:
    """When it was filmed, how old it is, its text, and the value of typed fields."""
    told = facts(replace(answer(age=2.5), value={"cars": 2}, thought="hm"))
    assert (told["id"], told["camera"], told["beside"], told["text"]) == (7, "gate", "2.5 s old", "a cat at 5")
    assert (told["value"], told["thought"], told["error"], told["html"]) == ("{'cars': 2}", "hm", "", "")
    assert len(told["when"]) == len("00:16:37")
    assert (
        told["pictures"] == [{"width": 96, "height": 72, "alt": "gate at 0.00 s", "time": 0.0}]
        or "gate at" in told["pictures"][0]["alt"]
    )


def test_a_films_row_has_its_time() -> None:
    """A film has no time of day, and its answers no age."""
    told = facts(answer(end=10.0))
    assert (told["when"], told["beside"]) == ("5 s to 10 s", "")


def test_an_error_is_a_row() -> None:
    """With its name, and its message as text."""
    told = facts(replace(answer(), error=ModelError("<b>no</b>"), text=""))
    assert (told["error"], told["text"]) == ("ModelError: ", "<b>no</b>")


def test_answers_of_several_models_are_one_row() -> None:
    """Each with the name of its model."""
    one = answer()
    assert facts(Answers(one.clip, {"a": one, "b": one}))["text"] == "**a**: a cat at 5\n**b**: a cat at 5"


def test_control_characters_are_not_sent() -> None:
    """Lines stay; what could rule a terminal or hide letters does not."""
    told = facts(replace(answer(), text="one\x1b[31m\ntwo\u202e\x07"))
    assert told["text"] == "one\ntwo"


def test_frames_windows_and_clips_have_pictures() -> None:
    """The same small ones as answers; a film is sent when it is opened."""
    (window,) = collect(video("demo:yard?seconds=2&fps=4").pipe(buffer_by_time(2.0)))
    (clip,) = collect(video("demo:yard?seconds=2&fps=4").pipe(buffer_by_time(2.0), encode_mp4(64)))
    assert [len(facts(one)["pictures"]) for one in (window.frames[0], window, clip)] == [1, 3, 3]
    message, data = Item(1, clip).opened()
    assert (message["type"], data) == ("video/mp4", [clip.data])


def test_a_clip_without_its_bytes_has_no_pictures() -> None:
    """And says so when it is opened."""
    clip = Clip(None, "image/jpeg", (0.0,), 64, 48, start=0.0, end=5.0)
    assert facts(clip)["pictures"] == []
    assert "error" in Item(1, clip).opened()[0]


@pytest.mark.parametrize(
    ("item", "text", "html"), [(3, "3", ""), ("a\nb", "'a\\nb'", ""), (Chart(), None, "<b>chart</b>")]
)
def test_other_items_are_shown_as_they_are(item: object, text: str | None, html: str) -> None:
    """Their text; or their own HTML, which the view puts into a frame that runs nothing."""
    told = facts(item)
    assert text is None or told["text"] == text
    assert html in told["html"]
    assert bool(told["html"]) == bool(html)


def test_damaged_pictures_leave_the_words() -> None:
    """A row without pictures is still a row."""
    clip = replace(answer().clip, data=(PICTURE[:40],))
    assert facts(replace(answer(), clip=clip))["pictures"] == []
