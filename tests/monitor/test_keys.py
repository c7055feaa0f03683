"""The keys of the monitor, pressed on a run without cameras."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import reactivex
from monitoring import Run, Screens, drive
from reactivex.subject import Subject
from storing import NOW, answer, event

from rxvlm import Piece, Store
from rxvlm.monitor.screens.answer import AnswerView
from rxvlm.monitor.screens.camera import CameraView
from rxvlm.monitor.screens.cameras import CamerasView
from rxvlm.monitor.screens.event import EventView
from rxvlm.monitor.screens.events import EventsView
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.why import WhyView
from rxvlm.monitor.sites.local import LocalSite
from rxvlm.monitor.sites.stored import StoredSite


def told(run: Run, site: LocalSite, count: int = 3) -> None:
    """Let some answers and an event come."""
    for name, ledger in run.ledgers.items():
        ledger.state("live")
        for at in range(count):
            site.on_item(answer(at, f"{name} is quiet {at}", name, captured=NOW - 30 + at * 10))
    site.on_item(event(answer(0, captured=NOW - 30)))


@pytest.fixture
def run() -> Run:
    return Run()


def test_the_cursor_moves_by_arrows_and_letters(run: Run) -> None:
    """Arrows, j and k move between the cameras, enter and l open one, escape and h go back."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("gate is quiet 2")
        listing = screens.listing
        assert listing.key == "yard"
        for keys in (("down", "up"), ("j", "k"), ("end", "home"), ("G", "g"), ("pagedown", "pageup")):
            await screens.press(keys[0])
            assert listing.key == "gate"
            await screens.press(keys[1])
            assert listing.key == "yard"
        for forth, back in (("enter", "escape"), ("l", "h"), ("right", "left")):
            await screens.press(forth)
            assert isinstance(screens.app.screen, CameraView)
            await screens.press(back)
            assert not isinstance(screens.app.screen, CameraView)

    drive(site, script)


def test_tab_goes_round(run: Run) -> None:
    """Tab goes from the cameras to the events and the log and round; shift and tab go back."""
    site = run.site()

    async def script(screens: Screens) -> None:
        names = [screens.app.name_of_main]
        for key in ("tab", "tab", "tab", "shift+tab", "shift+tab"):
            await screens.press(key)
            names.append(screens.app.name_of_main)
        assert names == ["Cameras", "Events", "Log", "Cameras", "Log", "Events"]

    drive(site, script)


def test_filter_and_sort(run: Run) -> None:
    """/ shows only cameras with a text, escape shows all again, and s sorts them in another order."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("gate is quiet")
        await screens.press("slash", *"gat", "enter")
        listing = screens.listing
        assert [line.split()[0] for line in listing.lines] == ["Camera", "gate"]
        await screens.press("escape")
        assert [line.split()[0] for line in listing.lines] == ["Camera", "yard", "gate"]
        await screens.press("s")
        assert [line.split()[0] for line in listing.lines] == ["Camera", "gate", "yard"]
        assert "by name" in screens.text

    drive(site, script)


def test_a_camera_is_paused_and_goes_on(run: Run) -> None:
    """P pauses asking about the camera with the cursor, which is shown at once, and p again lets it go on."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("yard is quiet 2")
        await screens.press("p")
        assert run.controls.done == [("pause", "yard")]
        await screens.until_text("1 paused")
        assert "paused" in screens.listing.lines[1]
        await screens.press("enter")
        await screens.until_text("yard: paused")
        await screens.press("escape", "p")
        assert run.controls.done[1:] == [("resume", "yard")]
        await screens.press("tab", "tab")
        await screens.until_text("asked about again")

    drive(site, script)


def test_a_rule_is_muted_for_a_time(run: Run) -> None:
    """M asks for how long, mutes the rule, and that is seen everywhere; a wrong time says how it is written."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.press("m")
        await screens.until_text("Which rule")
        await screens.press("enter")
        await screens.until_text("Mute intruder for")
        await screens.write("5m")
        assert run.controls.done == [("mute", "intruder", 300.0)]
        await screens.until_text("muted: intruder until")
        await screens.press("tab")
        await screens.until_text("muted: intruder until")
        await screens.until_text("  intruder muted")
        await screens.press("tab")
        await screens.until_text("1 muted")
        await screens.press("m")  # the entry with the cursor is about the rule
        await screens.until_text("Mute intruder for")
        await screens.write("soon")
        assert len(run.controls.done) == 1
        assert any("30s, 10m or 2h" in one.message for one in screens.app._notifications)

    drive(site, script)


def test_a_question_is_answered_as_it_comes(run: Run) -> None:
    """A asks about the camera's newest clip; the pieces of the answer stand there as they come, and leaving ends it."""
    site = run.site()
    pieces = Subject[Piece]()
    run.controls.answer = pieces

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("yard is quiet 2")
        await screens.press("a", *"Open?", "enter")
        assert run.controls.done == [("ask", "yard", "Open?")]
        pieces.on_next(Piece("It is [b]cl\x1b[2Josed"))
        await screens.until_text("It is [b]closed")
        pieces.on_next(Piece(", I think."))
        await screens.until_text("It is [b]closed, I think.")
        assert pieces.observers
        await screens.press("escape")
        await screens.until(lambda: not pieces.observers)

    drive(site, script)


def test_an_error_of_a_question_is_shown(run: Run) -> None:
    """What is wrong with a question stands below it."""
    site = run.site()
    run.controls.answer = reactivex.throw(ValueError("yard has no clip yet"))

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("yard is quiet 2")
        await screens.press("a", "x", "enter")
        await screens.until_text("error: yard has no clip yet")

    drive(site, script)


def test_help_lists_the_keys(run: Run) -> None:
    """? lists the keys of the screen, and closes again."""
    site = run.site()

    async def script(screens: Screens) -> None:
        await screens.press("question_mark")
        await screens.until_text("pause asking about the camera")
        await screens.press("escape", "tab", "question_mark")
        await screens.until_text("move to an earlier moment")

    drive(site, script)


def test_help_is_whole_on_a_narrow_screen(run: Run) -> None:
    """What is longer than a line of the help goes on in the next one."""
    site = run.site()

    async def script(screens: Screens) -> None:
        await screens.press("question_mark")
        await screens.until_text("find an action by its name")
        listing = screens.app.screen.query_one(Listing)
        await screens.until(lambda: listing.scrollable_content_region.width > 0)
        assert max(map(len, listing.lines)) <= listing.scrollable_content_region.width
        words = " ".join(" ".join(listing.lines).split())
        assert all(key.title in words for key in CamerasView.keys)

    drive(site, script, (60, 20))


def test_the_palette_has_what_the_keys_do(run: Run) -> None:
    """Each key of a screen is a command of the palette, too."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("yard is quiet 2")
        await screens.press("ctrl+p")
        await screens.press(*"pause asking", "enter", "enter")
        await screens.until(lambda: run.controls.done == [("pause", "yard")])

    drive(site, script)


def test_q_leaves(run: Run) -> None:
    """Q leaves the monitor, without a signal."""
    site = run.site()
    interrupted: list[bool] = []

    async def script(screens: Screens) -> None:
        screens.app._on_interrupt = lambda: interrupted.append(True)
        await screens.press("q")

    assert not drive(site, script).is_running
    assert not interrupted


def test_a_clip_is_written(run: Run, tmp_path: Path) -> None:
    """E asks for a folder, and writes the clip of the newest answer and its JSON there."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("yard is quiet 2")
        await screens.press("e", "backspace")
        await screens.write(str(tmp_path / "out"))
        await screens.until(lambda: bool(list(tmp_path.glob("out/yard/*.json"))))

    drive(site, script)
    (record,) = tmp_path.glob("out/yard/*.json")
    assert json.loads(record.read_text())["text"] == "yard is quiet 2"
    assert [path.read_bytes() for path in tmp_path.glob("out/yard/*.0.jpg")] == [b"first 2 of yard"]


def night(path: Path) -> None:
    """Write a store with 450 answers, an event, and states."""
    run = Run(["yard"])
    with Store(path) as store:
        run.ledgers["yard"].state("live")
        following = store.write.follow(run.ledgers["yard"])
        for at in range(450):
            store.write(answer(at, f"nothing {at}"))
        store.write(event(answer(5, "nothing 5")))
        store.write(event(answer(6, "nothing 6"), "end", reason="cleared", count=2))
        following.dispose()


def test_a_store_alone_shows_history_and_refuses_the_rest(tmp_path: Path) -> None:
    """Answers scroll back to the oldest that is kept; what needs a run says why it does nothing."""
    night(tmp_path / "night.db")
    site = StoredSite(Store(tmp_path / "night.db"))

    async def script(screens: Screens) -> None:
        await screens.until_text("nothing 449")
        for key in "pam":
            await screens.press(key)
        reasons = [one.message for one in screens.app._notifications]
        assert len(reasons) == 3
        assert all("it needs the run itself" in one for one in reasons)
        await screens.press("question_mark")
        await screens.until_text("not here: this is the store alone")
        await screens.press("escape", "enter")
        await screens.until_text("nothing 449")
        listing = screens.listing

        async def end() -> bool:
            await screens.press("end")
            return any(line.rstrip().endswith("nothing 0") for line in listing.lines)

        while not await end():
            await screens.pilot.pause(0.02)
        assert len(listing.lines) == 451
        await screens.press("enter")
        assert isinstance(screens.app.screen, AnswerView)
        await screens.until_text("What happens?")

    drive(site, script)


def test_the_time_line_says_why(tmp_path: Path) -> None:
    """On the time line n and N go to events, enter opens one with its answers, and w says what became of a moment."""
    night(tmp_path / "night.db")
    site = StoredSite(Store(tmp_path / "night.db"))

    async def script(screens: Screens) -> None:
        await screens.press("tab")
        await screens.until_text("intruder")
        before = screens.listing.lines
        await screens.press("j", "N")
        await screens.until_text("● intruder yard")
        assert screens.listing.lines != before
        await screens.press("enter")
        assert isinstance(screens.app.screen, EventView)
        await screens.until_text("nothing 6")
        await screens.press("escape", "w")
        assert isinstance(screens.app.screen, WhyView)
        await screens.until_text("answered")
        await screens.press("enter")
        await screens.until(lambda: isinstance(screens.app.screen, AnswerView))

    drive(site, script)


def test_the_time_line_moves_and_zooms(tmp_path: Path) -> None:
    """H and l move the cursor in time, plus and minus change how long a letter is, and t goes to a time."""
    night(tmp_path / "night.db")
    site = StoredSite(Store(tmp_path / "night.db"))

    async def script(screens: Screens) -> None:
        await screens.press("tab")
        await screens.until_text("intruder")
        view = screens.app.screen
        assert isinstance(view, EventsView)
        first = view.moment() or 0.0
        await screens.press("h", "left", "H")
        back = view.moment() or 0.0
        assert back < first
        await screens.press("L", "l", "right")
        assert (view.moment() or 0.0) > back
        title = view.title_of()
        await screens.press("plus")
        assert view.title_of() != title
        await screens.press("minus")
        assert view.title_of() == title
        await screens.press("t")
        await screens.write("2h")
        assert abs((view.moment() or 0.0) - (NOW - 7200)) < 600
        await screens.press("t")
        await screens.write("soon")
        assert any("a time is written as" in one.message for one in screens.app._notifications)

    drive(site, script)


def test_why_takes_a_time(tmp_path: Path) -> None:
    """W on the cameras asks for the time, and says what became of it."""
    night(tmp_path / "night.db")
    site = StoredSite(Store(tmp_path / "night.db"))

    async def script(screens: Screens) -> None:
        await screens.until_text("nothing 449")
        await screens.press("w")
        await screens.until_text("Why, about yard at")
        await screens.write("5d")
        await screens.until_text("not captured")

    drive(site, script)


def test_without_a_store_why_says_what_it_needs(run: Run) -> None:
    """Without a store w does nothing, and says that a store is needed."""
    site = run.site()

    async def script(screens: Screens) -> None:
        told(run, site)
        await screens.until_text("yard is quiet 2")
        await screens.press("w")
        assert any("--store FILE" in one.message for one in screens.app._notifications)

    drive(site, script)
