"""How values look in a real Chromium: in light and dark themes, in wide and narrow outputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser

from rxvlm import Analysis, Event, Ledger, collect, vlm_from, watch
from rxvlm.display import markup
from rxvlm.display.progress.bar import progress_html
from rxvlm.display.progress.standing import Standing
from rxvlm.operators import ask_models, buffer_by_time, encode_mp4
from rxvlm.sources import video
from rxvlm.watching.collect import Collected

if CHROMIUM is None and "RXVLM_NEEDS_BROWSER" not in os.environ:
    pytest.skip("no Chromium here", allow_module_level=True)

THEMES = {"light": "color:rgba(0,0,0,.87);background:#fff", "dark": "color:#fff;background:#111"}
UNBROKEN = "a_name_without_any_space_" * 8
LONG = f"A **red car**:\n\n- `{UNBROKEN}`\n- {UNBROKEN}\n\n|n|{UNBROKEN}|\n|-|-|\n|1|{UNBROKEN}|"
OUTSIDE = """
[...document.querySelectorAll(".rxv *")].filter(one => one.checkVisibility({contentVisibilityAuto: true}))
    .filter(one => one.getBoundingClientRect().right > one.closest(".rxv").getBoundingClientRect().right + 1
            && !one.closest("thead") && !one.closest("pre"))
    .map(one => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`)
"""
CONTRASTS = """
(() => {
    const parse = text => {
        const [kind, ...parts] = text.match(/[a-z]+|[\\d.e-]+/g);
        const numbers = parts.filter(part => !isNaN(part)).map(Number);
        const scale = kind === "color" ? 255 : 1;
        return [...numbers.slice(0, 3).map(part => part * scale), numbers[3] ?? 1];
    };
    const over = (top, below) => top.slice(0, 3).map((part, at) => part * top[3] + below[at] * (1 - top[3]));
    const light = colour => colour.map(part => part / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const page = parse(getComputedStyle(document.body).backgroundColor);
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const one = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !one.checkVisibility()) continue;
        let opacity = 1;
        for (let up = one; up; up = up.parentElement) opacity *= getComputedStyle(up).opacity;
        const colour = parse(getComputedStyle(one).color);
        const seen = over([...colour.slice(0, 3), colour[3] * opacity], page);
        const [bright, dark] = [light(seen), light(page.slice(0, 3))].sort((a, b) => b - a);
        found.push([(bright + 0.05) / (dark + 0.05), texts.currentNode.data.slice(0, 40)]);
    }
    return found;
})()
"""
PICTURES = """
Promise.all([...document.images].map(one => one.decode())).then(() => [...document.images].map(one =>
    ({across: one.clientWidth, has: one.naturalWidth, alt: one.alt, high: one.clientHeight})))
"""
CLICK = """
(() => {
    const picture = document.images[0], card = picture.closest(".rxv"), before = picture.clientWidth;
    picture.closest("summary").click();
    const large = picture.clientWidth, inside = card.scrollWidth <= card.clientWidth;
    picture.closest("summary").click();
    return [before, large, inside, picture.clientWidth];
})()
"""


def shown() -> Iterator[str]:
    """Give the HTML of one value of each kind."""

    def fail(_clip: object, _prompt: str) -> str:
        raise ValueError(UNBROKEN)

    ledger = Ledger("yard")
    model = vlm_from(lambda *_: LONG, name="a-model-with-a-long-name")
    answers = collect(watch("demo:yard?seconds=6&fps=4", model, every=2.0, ledger=ledger, prompt="What? " * 20))
    window = collect(video("demo:yard?seconds=2&fps=8").pipe(buffer_by_time(2.0)))[0]
    asked = ask_models({"one": model, "other": vlm_from(fail)}, "What?")
    both = collect(video("demo:gate?seconds=2").pipe(buffer_by_time(2.0), encode_mp4(640), asked))[0]
    live = replace(answers[0].clip, span=replace(answers[0].clip.span, source="a-long-name-of-a-camera", captured=1e9))
    values: list[Any] = [answers, answers[0], answers[0].clip, window, window.frames[1], ledger, both]
    values += [video("demo:yard?seconds=2"), watch("demo:yard?seconds=2", model), Collected[Any](window.frames[:2])]
    values.append(Collected[Any]([replace(answers[0], clip=live), replace(answers[1], error=collect_error(fail))]))
    event: dict[str, Any] = {"id": "7", "name": "courier", "camera": "gate", "phase": "end", "start": 5.0, "end": 20.0}
    values += [Event(**event, analysis=answers[0], reason="cleared"), Event(**event, captured=1e9)]
    for value in values:
        yield value._repr_html_()
    yield progress_html(Standing(UNBROKEN, 0.5, ["0:10 of 0:20", "3 answers"], 5.0, UNBROKEN))


def collect_error(fail: Any) -> Any:
    """Give the error of a model that fails."""
    (analysis,) = collect(watch("demo:yard?seconds=1", vlm_from(fail), every=1.0))
    assert isinstance(analysis, Analysis)
    return analysis.error


@pytest.fixture(scope="module")
def page() -> str:
    """Give the HTML of all values, below each other."""
    return "".join(f'<div style="margin:8px 0">{html}</div>' for html in shown())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


def opened(browser: Browser, page: str, tmp_path: Path, *, theme: str = "light", across: int = 860) -> None:
    """Show a page that is as wide as an output of a notebook."""
    file = tmp_path / f"{theme}.html"
    body = f'<body style="margin:0;{THEMES[theme]}">{page}'
    file.write_text(f"<!doctype html><meta charset=utf-8>{body}", encoding="utf-8")
    browser.resize(across, 900)
    browser.open(file.as_uri())
    browser.wait_for("document.readyState == 'complete'")


@pytest.mark.parametrize("across", [480, 620, 860, 1400])
def test_nothing_leaves_its_card(browser: Browser, page: str, tmp_path: Path, across: int) -> None:
    """Down to 480 pixels no word and no picture stands out of its card, and the page does not scroll sideways."""
    opened(browser, page, tmp_path, across=across)
    assert browser.evaluate(OUTSIDE) == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= across


@pytest.mark.parametrize("theme", THEMES)
def test_all_words_can_be_read(browser: Browser, page: str, tmp_path: Path, theme: str) -> None:
    """Every word has a contrast of 4.5 to the page, as the browser computes its colour."""
    opened(browser, page, tmp_path, theme=theme)
    contrasts = browser.evaluate(CONTRASTS)
    assert len(contrasts) > 50
    assert [one for one in contrasts if one[0] < 4.5] == []


def test_pictures_are_sharp_and_say_what_they_show(browser: Browser, page: str, tmp_path: Path) -> None:
    """Each has at least twice the pixels with which it is shown, and a description with its camera and moment."""
    opened(browser, page, tmp_path)
    pictures = browser.evaluate(PICTURES)
    assert len(pictures) > 20
    assert [one for one in pictures if one["has"] < 2 * one["across"] or not one["high"]] == []
    assert [one["alt"] for one in pictures if " at " not in one["alt"]] == []
    assert any("A red car" in one["alt"] for one in pictures)


@pytest.mark.parametrize("across", [480, 860])
def test_a_click_makes_a_picture_large(browser: Browser, page: str, tmp_path: Path, across: int) -> None:
    """It grows inside of its card, and another click makes it small again."""
    opened(browser, page, tmp_path, across=across)
    before, large, inside, after = browser.evaluate(CLICK)
    assert before == after == 96
    assert large > 4 * before
    assert inside


def test_a_page_does_not_move_when_its_pictures_are_loaded(browser: Browser, tmp_path: Path) -> None:
    """A picture and a film have their height at once: here they never load."""
    shape = b"\xff\xd8\xff\xc0\x00\x11\x08\x01\x68\x02\x80"  # the head of a JPEG of 640 x 360
    opened(browser, markup.card("x", markup.picture(shape, "", 320), markup.film(b"", (640, 360))), tmp_path)
    assert browser.evaluate("document.images[0].clientHeight") == 180
    assert browser.evaluate("document.querySelector('video').clientHeight") == 270
