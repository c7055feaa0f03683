from __future__ import annotations

import pytest

from rxvlm.text import ThoughtHabit, ThoughtSplitter, split_thoughts

OPENED = {
    "think": "<think>\nOkay, a car?\n</think>\n\nA car passes.",
    "upper case": "<THINK>Okay, a car?</THINK>A car passes.",
    "thinking": "\n<thinking>Okay, a car?</thinking> A car passes.",
    "thought": "<thought>Okay, a car?</thought>A car passes.",
    "seed": "<seed:think>Okay, a car?</seed:think>A car passes.",
    "Kimi": "◁think▷Okay, a car?◁/think▷A car passes.",
    "Magistral": "[THINK]Okay, a car?[/THINK]A car passes.",
    "white space in the tag": "<think >Okay, a car?</think\n>A car passes.",
    "a thought in a thought": "<think>Okay, <think>a </think>car?</think>A car passes.",
    "in the middle": "A car<think>Okay, a car?</think> passes.",
}
UNOPENED = "Okay, a car?\n</think>\n\nA car passes."


def split(text: str, size: int, splitter: ThoughtSplitter) -> str:
    pieces = [splitter.add(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join(pieces) + splitter.end()


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("how", OPENED)
def test_thoughts_are_apart_however_they_are_cut(how: str, size: int) -> None:
    """Tags in every spelling are found, even if they are cut between two pieces."""
    habit = ThoughtHabit()
    splitter = ThoughtSplitter(habit)
    assert (split(OPENED[how], size, splitter), splitter.thought) == ("A car passes.", "Okay, a car?")
    assert not habit.closes_unopened


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_a_model_that_does_not_open_its_thoughts_is_held(size: int) -> None:
    """A closing tag makes a thought of all that came before, if nothing of it was passed on."""
    splitter = ThoughtSplitter(ThoughtHabit(closes_unopened=True))
    assert [splitter.add(UNOPENED[at : at + size]) for at in range(0, len(UNOPENED), size)] == [""] * -(
        -len(UNOPENED) // size
    )
    assert (splitter.end(), splitter.thought) == ("A car passes.", "Okay, a car?")


def test_the_first_time_the_whole_can_still_be_split() -> None:
    """Pieces of a thought that were passed on are followed by the tag that closes it."""
    habit = ThoughtHabit()
    text = split(UNOPENED, 4, ThoughtSplitter(habit))
    assert habit.closes_unopened
    assert split_thoughts(text) == ("A car passes.", "Okay, a car?")


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", ["a < b", "<thin ice>", "  [1, 2]", "x <", "<", "a\n\n", '{"a": "<b>"}', "[", "◁", ""])
def test_what_is_no_tag_stays(text: str, size: int) -> None:
    """Nothing of a text without thoughts is lost or changed."""
    assert split(text, size, ThoughtSplitter()) == text
    assert split(text, size, ThoughtSplitter(ThoughtHabit(closes_unopened=True))) == text
    assert split_thoughts(text) == (text, "")


def test_text_without_a_tag_is_not_held_back() -> None:
    """A stream stays a stream."""
    splitter = ThoughtSplitter()
    assert [splitter.add(text) for text in ("A car ", "passes", " <b")] == ["A car ", "passes", " <b"]


@pytest.mark.parametrize(
    "text", ["<think>Okay, a car?", "<think>Okay, a car?</think>", "<think>Okay, a car?</think>\n"]
)
def test_only_thoughts_are_no_answer(text: str) -> None:
    """A model that was cut while it was thinking, or stopped after it, has not spoken."""
    splitter = ThoughtSplitter()
    assert (split(text, 3, splitter), splitter.spoke, splitter.thought) == ("", False, "Okay, a car?")


@pytest.mark.parametrize(("cut", "text"), [(True, ""), (False, "A car passes.")])
def test_a_held_answer_without_a_tag(cut: bool, text: str) -> None:  # noqa: FBT001 - a parameter of the test
    """A model that closes no thought was cut while it was thinking, or did not think this time."""
    splitter = ThoughtSplitter(ThoughtHabit(closes_unopened=True))
    splitter.add("A car passes.")
    assert splitter.end(cut=cut) == text


def test_thoughts_that_a_server_sends_apart() -> None:
    """They come before those in the text."""
    splitter = ThoughtSplitter()
    splitter.add("", "Okay, ")
    splitter.add("<think>a car?</think>A car", "")
    assert splitter.thought == "Okay, a car?"
