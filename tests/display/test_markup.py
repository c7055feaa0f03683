from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from unicodedata import category

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxvlm.display import markup, style
from rxvlm.display.prose import prose
from rxvlm.media import jpeg

NASTY = "</figure><script>alert('x')</script> & \"quoted\" \x1b[31mred\x1b[0m\nnext"


class Reading(HTMLParser):
    """Parses HTML as a browser does: the tags that are still open, and the text."""

    VOID = ("img", "br", "hr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src") or name.startswith("on")]
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
    "sheet": lambda words: markup.sheet([(b"jpeg", words, words)], more=3),
    "complaint": lambda words: markup.complaint(ValueError(words)),
    "facts": lambda words: markup.facts({words: words}),
    "code": markup.code,
    "film": lambda words: markup.film(b"mp4", (640, 360), alt=words),
    "prose": prose,
    "folded": lambda words: markup.code("\n".join([words] * 9), words),
    "bars": lambda words: markup.bars({words: 3, "analysed": 4}),
    "table": lambda words: markup.table([words], [[markup.text(words)]], words),
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@given(words=st.one_of(st.just(NASTY), st.text()))
def test_words_stay_words(part: Callable[[str], str], words: str) -> None:
    """Untrusted text opens no tag, closes none, and runs no script; control characters are removed."""
    read = Reading(part(words))
    assert read.open == []
    assert "script" not in read.tags
    assert all(letter == "\n" or category(letter) != "Cc" for letter in read.words)


MARKDOWN = [
    "![a picture](https://example.org/a.png)",
    "[a link](https://example.org)",
    "<https://example.org/b>",
    "[one][1]\n\n[1]: https://example.org 'title'",
    "<img src=https://example.org/c.png onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[![x](https://example.org/d.png)](https://example.org/e)",
]


@pytest.mark.parametrize("written", MARKDOWN)
def test_an_answer_fetches_nothing(written: str) -> None:
    """No link, no picture and no HTML of a model's gets into the page; what it wrote can still be read."""
    read = Reading(prose(f"Two **cars**. {written}"))
    assert read.links == []
    assert not {"img", "a", "script"} & {*read.tags}
    assert "Two cars." in read.words
    assert not re.search(r"example\.org", written) or "example.org" in read.words or "picture" in read.words


@given(st.text(alphabet="ab *_`#<>[]()!|-\n1.&\"'/:x", max_size=200))
def test_markdown_of_any_kind_is_harmless(written: str) -> None:
    """Whatever is written, the page has no link, no picture and no open tag."""
    read = Reading(prose(written))
    assert read.open == []
    assert read.links == []
    assert not {"img", "a", "script"} & {*read.tags}


def test_answers_in_markdown_are_rendered() -> None:
    """Emphasis, lists, tables and code are what they mean; headings are bold lines, and lines end where they did."""
    page = prose("# Cars\n- a **red** one\n\n|n|\n|-|\n|2|\n\n```json\n{}\n```\nfirst\nsecond")
    assert {"strong", "li", "table", "code", "br"} <= {*Reading(page).tags}
    assert "<h1" not in page
    assert "**" not in Reading(page).words


def test_a_picture_has_its_height_before_it_is_there() -> None:
    """Its shape is read from the JPEG, so that the page does not move; it says what it shows."""
    page = markup.picture(jpeg.encode(np.zeros((90, 160, 3), np.uint8)), "5.00 s", 80, alt="gate at 5 s: a 'cat'")
    assert "width:80px;aspect-ratio:160/90" in page
    assert 'alt="gate at 5 s: a &#x27;cat&#x27;"' in page


def test_a_table_has_a_head_and_a_caption() -> None:
    """A screen reader says what a table is about, and in which column a cell is."""
    page = markup.table(["Camera", "Answer"], [["gate", "a cat"]], "1 answer")
    assert "<caption>1 answer</caption><thead><tr>" in page
    assert page.count('<th scope="col">') == 2


def luminance(colour: tuple[float, float, float]) -> float:
    """Return the relative luminance of WCAG 2; each part from 0 to 1."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(first: tuple[float, ...], second: tuple[float, ...], share: float) -> tuple[float, float, float]:
    red, green, blue = (one * share + two * (1 - share) for one, two in zip(first, second, strict=True))
    return red, green, blue


THEMES = {  # the colour of words, and the background, of JupyterLab's light and dark theme and of VS Code's
    "lab light": ((0.13, 0.13, 0.13), (1.0, 1.0, 1.0)),
    "lab dark": ((1.0, 1.0, 1.0), (0.067, 0.067, 0.067)),
    "code light": ((0.23, 0.23, 0.23), (1.0, 1.0, 1.0)),
    "code dark": ((0.8, 0.8, 0.8), (0.118, 0.118, 0.118)),
}


@pytest.mark.parametrize(("words", "page"), THEMES.values(), ids=THEMES)
def test_words_can_be_read_in_every_theme(words: tuple[float, float, float], page: tuple[float, float, float]) -> None:
    """Dimmed words and errors have a contrast of 4.5 to the page, as WCAG 2 asks for, in light and dark themes."""
    red = tuple(int(style.BAD[at : at + 2], 16) / 255 for at in (1, 3, 5))
    assert contrast(mixed(words, page, style.SHARE_OF_DIM), page) >= 4.5
    assert contrast(mixed(red, words, style.SHARE_OF_BAD), page) >= 4.5
    assert f"{style.BAD} {style.SHARE_OF_BAD:.0%},currentColor" in style.STYLE
    assert f"currentColor {style.SHARE_OF_DIM:.0%},transparent" in style.STYLE


def test_long_texts_are_cut() -> None:
    """A text of a million characters is cut."""
    assert len(prose("a" * 1_000_000)) < 5000
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
