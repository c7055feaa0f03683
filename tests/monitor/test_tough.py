"""What a monitor must stand: small and large screens, many cameras, storms of resizes, and answers of all kinds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from conftest import wait_until
from monitoring import Run, Screens, drive
from storing import NOW, answer

from rxvlm.errors import RxvlmError
from rxvlm.monitor.screens.answer import AnswerView
from rxvlm.terminal.cells import cells

HOSTILE = {
    "escapes": "\x1b[2J\x1b]0;title\x07\x1b[?1049l a \x1b[31mred\x1b[0m car",
    "markup": "[red]no[/red] [b [/] [link=http://x] {x} $y",
    "wide": "\u4e00\u8f86\u7ea2\u8272\u7684\u8f66 \U0001f697\U0001f468\u200d\U0001f469 \uff46\uff55 \u0e44\u0e17",
    "lines": "one\r\ntwo\ttabs\x00\x7f\u202e end",
    "empty": "",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_answers_are_shown_as_text(name: str) -> None:
    """Nothing in an answer moves the cursor, is markup, or makes a line longer than the screen."""
    run = Run([f"{name} [b]"])
    site = run.site()

    async def script(screens: Screens) -> None:
        run.ledgers[f"{name} [b]"].state("live")
        site.on_item(answer(1, HOSTILE[name], f"{name} [b]", captured=NOW, value={"said": HOSTILE[name]}))
        await screens.until_text("(an empty answer)" if name == "empty" else HOSTILE[name].split()[-1])
        shown = [screens.text]
        await screens.press("enter")
        await screens.until_text("(an empty answer)" if name == "empty" else HOSTILE[name].split()[-1])
        shown.append(screens.text)
        await screens.press("enter")
        await screens.until_text("What happens?")
        shown.append(screens.text)
        for line in "\n".join(shown).splitlines():
            assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", line), ascii(line)
            assert cells(line) <= 80

    drive(site, script)


def test_an_answer_of_a_megabyte() -> None:
    """A very long answer is cut on the screen, which says how much is left out."""
    run = Run(["yard"])
    site = run.site()

    async def script(screens: Screens) -> None:
        run.ledgers["yard"].state("live")
        site.on_item(answer(1, "a long story " * 80_000, captured=NOW))
        await screens.until_text("a long story")
        await screens.press("enter")
        await screens.until_text("a long story")
        await screens.press("enter")
        assert isinstance(screens.app.screen, AnswerView)
        await screens.until_text("940,000 more letters")

    drive(site, script)


def test_a_failed_call_is_an_answer_in_red() -> None:
    """The error of a call stands where an answer would."""
    run = Run(["yard"])
    site = run.site()

    async def script(screens: Screens) -> None:
        run.ledgers["yard"].state("live")
        site.on_item(answer(1, error=RxvlmError("the server said no"), captured=NOW))
        await screens.until_text("error: the server said no")

    drive(site, script)


def test_a_screen_that_is_too_small_says_so() -> None:
    """At 20x5 it says that it is too small, at 80x24 it works again, and q quits at any size."""
    run = Run()
    site = run.site()

    async def script(screens: Screens) -> None:
        await screens.until_text("too small: 20x5")
        await screens.pilot.resize_terminal(80, 24)
        await screens.until_text("yard")
        await screens.pilot.resize_terminal(20, 5)
        await screens.until_text("too small: 20x5")
        await screens.press("q")

    drive(site, script, (20, 5))


def test_sixty_cameras_at_any_size() -> None:
    """With 60 cameras all lines fit, at 80x24 and at 300x90, through a storm of resizes, on every screen."""
    run = Run([f"camera-{at:02}" for at in range(60)])
    site = run.site()

    async def script(screens: Screens) -> None:
        for name, ledger in run.ledgers.items():
            ledger.state("live")
            site.on_item(answer(1, f"{name} is quiet", name, captured=NOW))
        await screens.until_text("camera-59 is quiet")
        for _ in range(3):
            for size in ((300, 90), (80, 24), (41, 11), (120, 12), (20, 5), (45, 60)):
                await screens.pilot.resize_terminal(*size)
                await screens.press("tab")
        await screens.pilot.resize_terminal(80, 24)
        await screens.press("end")
        await screens.until(lambda: screens.app.name_of_main == "Cameras")
        await screens.press("end")
        assert screens.listing.key == "camera-59"
        assert all(cells(line) <= 80 for line in screens.text.splitlines())

    drive(site, script)


def test_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no colour is drawn."""
    monkeypatch.setenv("NO_COLOR", "1")
    run = Run(["yard"])
    site = run.site()

    async def script(screens: Screens) -> None:
        run.ledgers["yard"].state("waiting", "no route")
        await screens.until_text("waiting")
        for strip in screens.app.screen._compositor.render_strips():
            filtered = strip
            for one in screens.app.get_line_filters():
                filtered = filtered.apply_filter(one, screens.app.screen.background_colors[1])
            for segment in filtered:
                style = segment.style
                assert style is None or all(
                    colour is None or colour.name == "default" for colour in (style.color, style.bgcolor)
                )

    drive(site, script)


@pytest.fixture
def tmux() -> Iterator[list[str]]:
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux")
    command = ["tmux", "-L", f"rxvlm-{uuid.uuid4().hex[:8]}", "-f", "/dev/null"]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True)


def test_in_tmux(tmux: list[str]) -> None:
    """In a real tmux, at 80x24, keys open a camera, and q gives the shell its screen back."""
    inside = f"{sys.executable} -m rxvlm monitor yard=demo:yard --every 1; echo it-ended-with-$?; cat"
    subprocess.run([*tmux, "new-session", "-d", "-s", "m", "-x", "80", "-y", "24", inside], check=True, env=os.environ)

    def screen() -> str:
        return subprocess.run(
            [*tmux, "capture-pane", "-p", "-t", "m"], check=True, capture_output=True, text=True
        ).stdout

    def press(key: str) -> None:
        subprocess.run([*tmux, "send-keys", "-t", "m", key], check=True)

    wait_until(lambda: "1/1 live" in screen())
    assert "? help" in screen()
    press("Enter")
    wait_until(lambda: "p95" in screen())
    press("q")
    wait_until(lambda: "it-ended-with-0" in screen())
    assert "all accounted for" in screen()
