"""What LiveTable draws, and from whom it takes answers."""

from __future__ import annotations

import io
import logging
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import reactivex
from reactivex import operators as ops
from rich.console import Console, ConsoleDimensions

from rxvlm import Analysis, Clip, Ledger, LiveTable, ModelTimeoutError, Piece, RxvlmError, Usage
from rxvlm.errors import ModelUnreachableError
from rxvlm.media.jpeg import encode
from rxvlm.models import breaker, fallback, retry
from rxvlm.terminal.live_drawing import LiveDrawing
from rxvlm.terminal.live_table import _Rate  # pyright: ignore[reportPrivateUsage] - without a thread
from rxvlm.testing import frames_at, scripted


class Screen(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


def terminal(screen: io.StringIO) -> Console:
    return Console(width=80, height=24, force_terminal=True, color_system=None, file=screen)


def ledgers(*names: str) -> dict[str, Ledger]:
    return {name: Ledger(name) for name in names}


def said(source: str, text: str = "", error: RxvlmError | None = None, captured: float | None = None) -> Analysis:
    clip = Clip(b"mp4", "video/mp4", (0.0,), 64, 48, 0.0, 10.0, captured=captured, source=source)
    return Analysis(clip, "What?", "scripted", 100.0, 103.0, text=text, error=error)


def test_the_last_drawing_stays_on_the_screen() -> None:
    """What was told just before the end is drawn at the end."""
    screen, books = io.StringIO(), ledgers("yard")
    with LiveTable(books, console=terminal(screen)) as live:
        books["yard"].state("live")
        for frame in frames_at([0.0, 0.5, 1.0]):
            books["yard"].capture(frame)
        live.on_next(said("yard", "A cat sits on the wall."))
        before = screen.tell()
    text = screen.getvalue()[before:]
    assert "A cat sits on the wall." in text
    assert "3 frames, 0 analysed, 3 waiting" in text
    assert "\x1b[?25h" in text


def test_where_there_is_no_terminal_only_the_last_drawing_is_written() -> None:
    """A file gets the table once, without escape sequences."""
    paper = io.StringIO()
    with LiveTable(ledgers("yard"), console=Console(width=80, file=paper)):
        assert not paper.getvalue()
    assert paper.getvalue().count("Camera") == 1
    assert "\x1b" not in paper.getvalue()


def test_it_leaves_when_its_body_raises() -> None:
    """The error comes out, and the terminal has its cursor and its streams back."""
    screen, out = io.StringIO(), sys.stdout
    with pytest.raises(KeyError, match="gone"), LiveTable(ledgers("yard"), console=terminal(screen)):
        raise KeyError("gone")
    assert "\x1b[?25h" in screen.getvalue()
    assert sys.stdout is out


def test_answers_and_errors_are_counted_by_camera() -> None:
    """The newest of either is what a row tells of."""
    live = LiveTable(ledgers("yard", "gate"), every=5.0)
    timeout = ModelTimeoutError("no answer within 60 s")
    for analysis in (said("yard", "one"), said("yard", "two"), said("gate", "three"), said("yard", error=timeout)):
        live.on_next(analysis)
    yard, gate = live.rows()
    assert (yard.answers, yard.errors, yard.last and yard.last.error) == (2, 1, timeout)
    assert (gate.answers, gate.errors, gate.last and gate.last.text, gate.every) == (1, 0, "three", 5.0)


def test_tokens_are_added_up_and_what_is_new_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens of all answers count, in and out; an answer is new for two seconds of the clock."""
    now = [50.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    live = LiveTable(ledgers("yard"))
    for usage in (Usage(900, 40), Usage(800, 60), None):
        live.on_next(replace(said("yard", "A cat."), usage=usage))
    assert (live.rows()[0].tokens, live.rows()[0].new) == (1800, True)
    now[0] += 2.0
    assert not live.rows()[0].new


def test_answers_find_their_camera_by_the_ledgers_name_too() -> None:
    """A row may be called otherwise than its source."""
    live = LiveTable({"East": Ledger("yard.mp4")})
    live.on_next(said("yard.mp4", "A cat."))
    (row,) = live.rows()
    assert (row.tally.name, row.answers) == ("East", 1)


def test_answers_may_come_from_any_thread() -> None:
    """None is lost when many come at once."""
    live = LiveTable(ledgers("yard"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live.on_next, [said("yard", "A cat.")] * 400))
    assert live.rows()[0].answers == 400


def test_it_listens_within_a_pipeline() -> None:
    """Its on_next is what do_action takes, and what an observer has."""
    live = LiveTable(ledgers("yard"))
    reactivex.just(said("yard", "A cat.")).pipe(ops.do_action(live.on_next)).subscribe(live.on_next)
    assert live.rows()[0].answers == 2


def test_the_age_of_a_live_answer_begins_when_it_was_filmed() -> None:
    """Footage that ended 20 seconds before its answer is at least so old; a file's answer is new when it comes."""
    live = LiveTable(ledgers("yard", "file"))
    live.on_next(said("yard", "A cat.", captured=83.0))
    live.on_next(said("file", "A cat."))
    yard, file = live.rows()
    assert yard.age is not None
    assert file.age is not None
    assert yard.age - file.age >= 20.0


def test_the_rate_is_measured_over_the_last_seconds() -> None:
    """Half a minute of silence does not linger in it, nor does a burst count at once as a flood."""
    rate = _Rate()
    assert rate.measure(0.0, 100) == 0.0
    assert [rate.measure(0.25 * step, 100 + 5 * step) for step in range(1, 5)] == [20.0] * 4
    assert rate.measure(31.0, 120) == 0.0
    assert rate.measure(32.0, 145) == 25.0


def test_a_window_without_length_is_refused() -> None:
    """Misuse is told at once."""
    with pytest.raises(ValueError, match="every must be above 0"):
        LiveTable({}, every=0.0)


def test_what_is_logged_and_printed_meanwhile_stands_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler made before, which holds stderr itself, writes through rich for as long as the table stands."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    handler = logging.StreamHandler()
    logger = logging.getLogger("rxvlm")
    logger.addHandler(handler)
    try:
        with LiveTable(ledgers("yard"), console=terminal(screen)):
            before = screen.tell()
            logger.warning("a line of the log")
            assert handler.stream is not screen
            print("a printed line")
            text = screen.getvalue()[before:]
        assert handler.stream is screen
    finally:
        logger.removeHandler(handler)
    assert text.index("a line of the log") < text.rindex("Camera")
    assert text.index("a printed line") < text.rindex("Camera")


def test_what_goes_to_a_file_goes_on_going_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `2> log` the log is in the file, not on the screen."""
    screen, file = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with LiveTable(ledgers("yard"), console=terminal(screen)):
        sys.stderr.write("a line of the log\n")
    assert file.getvalue() == "a line of the log\n"
    assert "a line of the log" not in screen.getvalue()


def test_all_that_is_to_stand_above_comes_with_one_drawing() -> None:
    """Many answers do not make it flicker; very many are not kept until the next drawing."""
    screen, drawings = io.StringIO(), iter(range(1000))
    live = LiveDrawing(lambda: f"drawing {next(drawings)}", terminal(screen), stays=True)
    for number in range(99):
        live.print_above(f"answer {number}")
    assert not screen.getvalue()
    live.refresh()
    lines = [line.strip() for line in screen.getvalue().split("\n")]
    assert lines[:99] == [f"answer {number}" for number in range(99)]
    for number in range(100):
        live.print_above(f"answer {number}")
    assert screen.getvalue().count("answer") == 199


def test_what_is_printed_above_as_it_ends_is_there() -> None:
    """The last answers come with the last drawing, in a terminal and in a file."""
    for paper in (io.StringIO(), Screen()):
        console = terminal(paper) if paper.isatty() else Console(width=80, file=paper)
        with LiveTable(ledgers("yard"), console=console) as live:
            live.print_above("the last answer")
        text = paper.getvalue()
        assert text.count("the last answer") == 1
        assert paper.isatty() or text.count("Camera") == 1
        assert text.index("the last answer") < text.rindex("Camera")


def test_a_table_need_not_stay() -> None:
    """It is taken away in the end, and what stood above it is left."""
    screen = io.StringIO()
    with LiveTable(ledgers("yard"), console=terminal(screen), stays=False) as live:
        live.print_above("an answer")
    text = screen.getvalue()
    assert "\x1b[2K" in text[text.rindex("Camera") :]
    assert "an answer" in text


def test_an_end_does_not_hide_why_nothing_came() -> None:
    """A camera that was waited for keeps its reason; one that was well has none, however it was left."""
    books = ledgers("yard", "gate")
    live = LiveTable(books)
    books["yard"].state("waiting", "it refuses the connection")
    books["gate"].state("live")
    live.rows()
    for book in books.values():
        book.state("ended", "disposed")
    assert [(row.tally.state, row.tally.reason) for row in live.rows()] == [
        ("ended", "it refuses the connection"),
        ("ended", ""),
    ]


def test_a_model_that_is_down_has_a_line() -> None:
    """While a breaker is open, a line says which model is down, since when, and when it is tried again."""
    model = breaker(scripted(ModelTimeoutError("slow"), name="llava"), failures=1)
    screen = io.StringIO()
    with LiveTable(ledgers("yard"), console=terminal(screen), model=fallback(model, scripted("yes"))) as live:
        assert live.alerts() == []
        clip = said("yard").clip
        model.ask(clip, "?").pipe(ops.catch(reactivex.just(Piece()))).run()
    assert re.search(r"llava is down since \d\d:\d\d:\d\d; tried again in (29|30) s", screen.getvalue())


def test_after_a_change_of_size_nothing_torn_stays() -> None:
    """The screen is cleared, what stood above the table is written again, and the table below it."""
    screen = io.StringIO()
    console = terminal(screen)
    live = LiveDrawing(lambda: "the table", console, stays=True)
    with live:
        live.print_above("an answer of a film")
        for size in ((70, 12), (140, 40)):
            live.refresh()
            console.size = ConsoleDimensions(*size)
            live.refresh()
    after = screen.getvalue().split("\x1b[H\x1b[2J")
    assert len(after) == 3
    assert all("an answer of a film" in one and "the table" in one for one in after)
    assert not after[1].startswith("\x1b[1A")


def test_earlier_answers_stay_without_their_bytes() -> None:
    """A row has the newest answers, the newest first; a table keeps no video."""
    live = LiveTable(ledgers("yard"))
    for at in range(100):
        live.on_next(replace(said("yard"), text=f"answer {at}"))
    (row,) = live.rows()
    assert row.last is not None
    assert [one.text for one in (row.last, *row.earlier)] == [f"answer {at}" for at in range(99, 39, -1)]
    assert not any(one.clip.kept for one in (row.last, *row.earlier))


class Refusing:
    """A model that cannot be reached."""

    name = "llava"

    def ask(self, clip: Clip, prompt: str) -> reactivex.Observable[Piece]:
        return reactivex.throw(ModelUnreachableError(f"{self.name} refuses {prompt!r} about {clip.source}"))


def test_a_model_that_is_asked_again_is_told_in_the_row() -> None:
    """As long as its question is asked again, and of that camera alone."""
    model = retry(Refusing(), first=60.0)
    live = LiveTable(ledgers("yard", "gate"), model=model)
    asked = model.ask(said("yard").clip, "?").subscribe(on_error=print)
    assert [row.trouble for row in live.rows()] == ["asked again: llava refuses '?' about yard", ""]
    asked.dispose()


def with_pictures(screen: io.StringIO, **options: Any) -> LiveTable:
    console = Console(width=80, height=24, force_terminal=True, color_system="truecolor", no_color=False, file=screen)
    return LiveTable(ledgers("yard"), console=console, pictures=True, **options)


def seen(grey: int, **more: Any) -> Analysis:
    """Return an answer about a clip of one picture."""
    picture = encode(np.full((48, 64, 3), grey, np.uint8))
    return replace(said("yard", **more), clip=Clip((picture,), "image/jpeg", (0.0,), 64, 48, 0.0, 10.0, source="yard"))


def test_what_the_model_saw_is_drawn_once_for_each_answer() -> None:
    """A table that is drawn again leaves a picture as it stands, until another answer comes."""
    screen = io.StringIO()
    live = with_pictures(screen)
    with live:
        for grey in (50, 200):
            before = screen.tell()
            live.on_next(seen(grey, text=f"It is {grey}."))
            for _ in range(5):
                draw(live)
            text = screen.getvalue()[before:]
            lines = text.count(f"\x1b[38;2;{grey};{grey};{grey};48;2;{grey};{grey};{grey}m▀\x1b[0m")
            assert lines == 21 * 8  # the picture is 21 cells by 8
            assert text.count(f"It is {grey}.") >= 5


def test_what_is_printed_above_draws_the_pictures_again() -> None:
    """They stand on other lines then; so after a change of size."""
    screen = io.StringIO()
    live = with_pictures(screen)
    with live:
        live.on_next(seen(50, text="dark"))
        draw(live)
        for disturb in (lambda: console_of(live).print("a line"), lambda: resize(live)):
            before = screen.tell()
            disturb()
            draw(live)
            assert "▀" in screen.getvalue()[before:]


def draw(live: LiveTable) -> None:
    live._live.refresh()  # pyright: ignore[reportPrivateUsage] - not only when its thread does


def resize(live: LiveTable) -> None:
    console_of(live).size = ConsoleDimensions(100, 30)


def console_of(live: LiveTable) -> Console:
    return live._live.console  # pyright: ignore[reportPrivateUsage] - as above


def test_a_clip_that_cannot_be_decoded_has_no_picture() -> None:
    """Its answer is shown all the same."""
    screen = io.StringIO()
    with with_pictures(screen) as live:
        live.on_next(replace(seen(9, text="It is broken."), clip=said("yard").clip))
    assert "It is broken." in screen.getvalue()
    assert "▀" not in screen.getvalue()


def test_the_pictures_of_a_film_stand_below_its_answers() -> None:
    """They stay on the screen with them."""
    screen = io.StringIO()
    with with_pictures(screen, stays=False) as live:
        live.print_above("the answer", seen(50).clip)
    text = screen.getvalue()
    assert text.count("▀") == 21 * 8
    assert text.index("the answer") < text.index("▀") < text.rindex("Camera")


def test_a_table_without_pictures_keeps_no_bytes() -> None:
    """With pictures it keeps those of the newest answer alone."""
    screen = io.StringIO()
    plain = LiveTable(ledgers("yard"), console=terminal(screen))
    with plain, with_pictures(io.StringIO()) as live:
        for table in (plain, live):
            table.on_next(seen(50))
            table.on_next(seen(60))
        assert [table.rows()[0].drawing is None for table in (plain, live)] == [True, False]
