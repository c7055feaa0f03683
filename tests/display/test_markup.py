from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxvlm.display import markup

NASTY = "</figure><script>alert('x')</script> & \"quoted\" \x1b[31mred\x1b[0m\nnext"


class Reading(HTMLParser):
    """Parses HTML as a browser does: the tags that are still open, and the text."""

    VOID = ("img", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        _ = attrs
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


PARTS = {
    "text": markup.text,
    "card": lambda words: markup.card(words, markup.text(words)),
    "picture": lambda words: markup.picture(b"jpeg", words),
    "sheet": lambda words: markup.sheet([(b"jpeg", words)], more=3),
    "complaint": lambda words: markup.complaint(ValueError(words)),
    "facts": lambda words: markup.facts({words: words}),
    "code": markup.code,
    "folded": lambda words: markup.code("\n".join([words] * 9), words),
    "bars": lambda words: markup.bars({words: 3, "analysed": 4}),
    "table": lambda words: markup.table([words], [[markup.text(words)]]),
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@given(words=st.one_of(st.just(NASTY), st.text()))
def test_words_stay_words(part: Callable[[str], str], words: str) -> None:
    """Untrusted text opens no tag, closes none, and runs no script; control characters are removed."""
    read = Reading(part(words))
    assert read.open == []
    assert "script" not in read.tags
    assert all(letter == "\n" or category(letter) != "Cc" for letter in read.words)


def test_long_texts_are_cut() -> None:
    """A text of a million characters is cut."""
    assert len(markup.text("a" * 1_000_000)) < 5000
    assert len(markup.code("a" * 1_000_000)) < 5000


@given(st.integers(1, 2000), st.integers(1, 50))
def test_pictures_are_chosen_evenly(count: int, most: int) -> None:
    """Positions are at most ``most``, sorted, distinct, start with the first, and their gaps differ by at most one."""
    chosen = markup.chosen(count, most)
    assert len(chosen) == min(count, most)
    assert chosen[0] == 0
    gaps = {after - before for before, after in pairwise(chosen)}
    assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)
    assert chosen[-1] < count


def test_a_bar_has_a_part_for_each_count() -> None:
    """The parts of a bar are as wide as their share; counts of 0 are left out."""
    page = markup.bars({"analysed": 30, "failed": 10, "waiting": 0})
    assert "width:75.0000%" in page
    assert "width:25.0000%" in page
    assert "waiting" not in page
    assert "no frames yet" in markup.bars({"analysed": 0})
