"""What the table says, and that it stays within its console."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from rxvlm import Analysis, Clip, ModelTimeoutError, RxvlmError, Tally
from rxvlm.display.wall_time import clock
from rxvlm.ledger import State
from rxvlm.terminal.away import Away, away_now
from rxvlm.terminal.row import Row
from rxvlm.terminal.table import table

SIZES = ((80, 24), (140, 40))
LONG = "A person in a red coat walks in from the left, past the parked white van, and stops at the door. " * 9
LIVE = Tally("yard", "live", "")
CHINESE = "一名穿红色外套的行人从左侧进入画面、经过一辆白色面包车、在门口停留约四秒后离开。没有其他移动的物体。" * 3


def drawn(*rows: Row, size: tuple[int, int] = (80, 24), terminal: bool = True) -> list[str]:
    paper = io.StringIO()
    console = Console(width=size[0], height=size[1], force_terminal=terminal, color_system=None, file=paper)
    console.print(table(rows), end="")
    return paper.getvalue().splitlines()


def coloured(*rows: Row) -> str:
    paper = io.StringIO()
    console = Console(width=80, height=24, force_terminal=True, color_system="standard", file=paper)
    console.print(table(rows), end="")
    return paper.getvalue()


def said(text: str = "", error: RxvlmError | None = None) -> Analysis:
    clip = Clip(b"mp4", "video/mp4", (0.0,), 64, 48, 0.0, 10.0, source="yard", seen=250, fresh=250)
    return Analysis(clip, "What?", "scripted", 0.0, 1.0, text=text, error=error)


def busy(name: str, last: Analysis | None = None, state: State = "live", reason: str = "") -> Row:
    counts = Tally(name, state, reason, captured=2608, analysed=2250, waiting=108, in_flight=250, time=104.32)
    return Row(counts, fps=25.0, age=7.9, answers=9, last=last)


def test_every_fact_of_a_camera_has_its_column() -> None:
    """A row gives name, state, rate, window, seconds waiting and asked about, age, errors and the answer."""
    row = Row(
        replace(LIVE, captured=2500, analysed=1000, waiting=350, in_flight=250, time=100.0),
        fps=25.04,
        age=7.9,
        errors=3,
        last=said("A cat."),
    )
    heading, _, camera, *_ = drawn(row)
    assert heading.split() == ["Camera", "State", "fps", "Window", "Wait", "Ask", "Age", "Err", "Answer"]
    assert camera.split() == ["yard", "live", "25", "──────", "14s", "10s", "7s", "3", "A", "cat."]


def test_a_wide_console_also_counts_answers() -> None:
    """From 110 cells on there is a column with the number of answers."""
    heading, _, camera, *_ = drawn(busy("yard", said("A cat.")), size=(140, 40))
    assert "Answers" in heading
    assert camera.split()[-5:] == ["9", "-", "-", "A", "cat."]


@pytest.mark.parametrize(("tokens", "shown"), [(999, "999"), (9999, "9999"), (12_345, "12.3k"), (7_654_321, "7654k")])
def test_the_widest_console_counts_tokens(tokens: int, shown: str) -> None:
    """From 120 cells on there is a column with the tokens so far, in six characters at most."""
    heading, _, camera, *_ = drawn(replace(busy("yard", said("A cat.")), tokens=tokens), size=(140, 40))
    assert "Tokens" in heading
    assert camera.split()[-4:] == [shown, "-", "A", "cat."]


def test_the_newest_answer_stands_out() -> None:
    """What has only just come is bold; later it is not, and an old camera's answer never is."""
    bold = "\x1b[1mA cat."
    assert bold in coloured(replace(busy("yard", said("A cat.")), new=True))
    assert bold not in coloured(busy("yard", said("A cat.")))


@pytest.mark.parametrize(("time", "bar"), [(0.0, "──────"), (105.0, "━━━───"), (109.9, "━━━━━━")])
def test_the_bar_shows_how_much_of_the_window_has_come(time: float, bar: str) -> None:
    """Windows begin at multiples of their length, in the source's own time."""
    assert bar in drawn(Row(replace(LIVE, captured=1, time=time), every=10.0))[2]


def test_waiting_frames_are_seconds_of_video_even_after_an_outage() -> None:
    """An hour without pictures lowers the mean rate; the newest answer's window tells the true one."""
    row = Row(replace(LIVE, captured=500, waiting=250, time=3600.0), last=said("A cat."))
    assert "10s" in drawn(row)[2].split()


@pytest.mark.parametrize(("age", "shown"), [(0.4, "0s"), (99.0, "99s"), (100.0, "1m"), (7200.0, "2h"), (9e5, "10d")])
def test_an_age_is_short(age: float, shown: str) -> None:
    """Seconds, minutes, hours, days: never more than three characters."""
    assert shown in drawn(Row(replace(LIVE, captured=1), age=age))[2].split()


@pytest.mark.parametrize(("age", "colour"), [(7.0, 32), (25.0, 33), (50.0, 31)])
def test_a_stale_answer_changes_colour(age: float, colour: int) -> None:
    """Up to two windows old is green, up to four yellow, older red."""
    assert f"\x1b[{colour}m{int(age):2}s\x1b[0m" in coloured(Row(replace(LIVE, captured=1), age=age))


@pytest.mark.parametrize("state", ["connecting", "stalled", "waiting", "failed"])
def test_the_reason_of_a_camera_in_trouble_is_shown_above_its_last_answer(state: State) -> None:
    """Why nothing comes matters more than what was said before."""
    _, _, first, second, *_ = drawn(busy("yard", said("A cat."), state, "refused the connection"), size=(140, 40))
    assert state in first
    assert "refused the connection" in first
    assert second.strip() == "A cat."


@pytest.mark.parametrize("state", ["live", "playing"])
def test_a_camera_that_is_well_gives_no_reason(state: State) -> None:
    """The reason of an ordinary state takes no room from the answer."""
    assert "disposed" not in "".join(drawn(busy("yard", said("A cat."), state, "disposed")))


def test_what_is_waited_for_is_tried_again() -> None:
    """Waiting does not look like hanging; what has failed for good promises nothing."""
    assert "gone; trying again" in " ".join("".join(drawn(busy("yard", state="waiting", reason="gone"))).split())
    assert "again" not in "".join(drawn(busy("yard", state="failed", reason="gone")))


def test_an_ended_camera_may_be_asked_about_still() -> None:
    """A camera that is finishing is shown as it is, with what is asked about, and is in no trouble."""
    line = drawn(busy("yard", said("A cat."), "finishing"))[2]
    assert line.split()[1] == "finishing"
    assert "10s" in line
    over = replace(busy("yard").tally, state="ended", waiting=0, in_flight=0)
    assert drawn(Row(over))[2].split()[1] == "ended"


def test_before_the_first_answer_it_says_so() -> None:
    """A camera that nothing was said of is no blank."""
    assert "no answer yet" in drawn(Row(Tally("yard", "connecting", "")))[2]


def test_an_error_takes_the_place_of_the_answer() -> None:
    """A failed call shows its message, in red."""
    text = coloured(busy("yard", said(error=ModelTimeoutError("no answer within 60 s"))))
    assert "\x1b[31mno answer within 60 s\x1b[0m" in text


def test_an_empty_answer_is_told_from_none() -> None:
    """A model that said nothing is shown to have said nothing."""
    assert "(an empty answer)" in drawn(busy("yard", said("")))[2]


def test_escape_sequences_are_taken_out_of_everything_that_strangers_wrote() -> None:
    """Neither answers nor names, reasons or grounds of loss can move the cursor."""
    bad = "a\x1b[2J\x1b]0;owned\x07b\x07c\u202ed"
    row = Row(Tally(bad, "stalled", bad, captured=5, dropped={bad: 5}), last=said(bad))
    text = "\n".join(drawn(row))
    assert text.replace("\n", "").isprintable()
    assert text.count("abcd") == 4


def test_markup_is_text() -> None:
    """What looks like rich's markup is shown as it was said."""
    assert "[bold]Two[/bold] cars :car:" in drawn(busy("yard", said("[bold]Two[/bold] cars :car:")), size=(140, 40))[2]


@pytest.mark.parametrize("size", SIZES)
def test_a_long_answer_is_wrapped_at_words_and_cut_with_an_ellipsis(size: tuple[int, int]) -> None:
    """Among four cameras, it takes a few lines; the last ends in an ellipsis."""
    lines = drawn(*(busy(f"camera-{number}", said(LONG)) for number in range(4)), size=size)
    texts = [line[line.index("A person") :] if "A person" in line else line.strip() for line in lines[2:5]]
    assert texts[0].startswith("A person in a red coat")
    assert all(text.strip(" .,") in LONG for text in texts[:2])
    assert sum("…" in line for line in lines) == 4


@pytest.mark.parametrize("size", SIZES)
def test_wide_characters_keep_the_columns_aligned(size: tuple[int, int]) -> None:
    """Every line is as wide as the console, and the facts stand under their headings."""
    lines = drawn(busy("东门摄像头", said(CHINESE)), busy("yard", said(LONG)), size=size)
    assert {cell_len(line) for line in lines} == {size[0]}
    at = {cell_len(line[: line.index(word)]) for line in lines for word in ("State", "live") if word in line}
    assert at == {len("东门摄像头") * 2 + 1}


@pytest.mark.parametrize("before", range(0, 24, 2))
def test_chinese_is_broken_anywhere_but_before_a_full_stop_or_comma(before: int) -> None:
    """Chinese has no spaces; its punctuation never begins a line, wherever it falls."""
    texts = [line.split()[-1] for line in drawn(busy("yard", said("人" * before + CHINESE)), size=(80, 11))[2:8]]
    assert "".join(texts)[:-1] in "人" * before + CHINESE
    assert texts[-1].endswith("…")
    assert not {text[0] for text in texts} & set("、。")


@pytest.mark.parametrize("size", [(80, 24), (140, 40), (60, 24), (40, 14), (20, 16)])
@pytest.mark.parametrize("cameras", [0, 1, 4, 16, 64])
def test_it_is_never_wider_nor_higher_than_the_console(size: tuple[int, int], cameras: int) -> None:
    """At any size, with any number of cameras, and a line of the terminal is left."""
    texts = [said(LONG), said(CHINESE), said(error=ModelTimeoutError(LONG)), None]
    lines = drawn(*(busy(f"摄像头 {number}", texts[number % 4]) for number in range(cameras)), size=size)
    assert max(map(cell_len, lines)) <= size[0]
    assert len(lines) <= size[1] - 1


@pytest.mark.parametrize("size", SIZES)
def test_sixteen_cameras_fit(size: tuple[int, int]) -> None:
    """Each has its row, and the strip stands below them."""
    lines = drawn(*(busy(f"camera-{number}", said(LONG)) for number in range(16)), size=size)
    assert all(any(line.startswith(f"camera-{number} ") for line in lines) for number in range(16))
    assert any(line.startswith("41,728 frames, ") for line in lines)


def test_of_too_many_cameras_those_in_trouble_are_shown() -> None:
    """What does not fit is told of by number and state."""
    rows = [busy(f"camera-{number}") for number in range(30)]
    lines = drawn(*rows, busy("last", state="failed", reason="it is gone"))
    assert lines[2].split()[:2] == ["last", "failed"]
    assert any(line.strip() == "and 13 more: 13 live" for line in lines)


def test_of_cameras_that_film_those_without_answers_come_first() -> None:
    """A call that failed is trouble, too, though less than a camera that sends nothing."""
    rows = [busy(f"cam{number}", said("A cat.")) for number in range(30)]
    rows[27] = busy("silent", said(error=ModelTimeoutError("no answer within 60 s")))
    rows[29] = busy("away", said("A cat."), "waiting", "refuses the connection")
    _, _, first, second, *lines = drawn(*rows)
    assert (first.split()[0], second.split()[0]) == ("away", "silent")
    assert any(line.strip().endswith(" live") and "without" not in line for line in lines)


def test_a_reason_does_not_begin_with_the_address() -> None:
    """The row is the camera's own: its address would only push the reason out."""
    row = busy("yard", state="waiting", reason="rtsp://10.0.0.7:554/a/long/path refuses the connection")
    assert "waiting" in drawn(row)[2]
    assert "rtsp" not in drawn(row)[2]
    assert "refuses" in drawn(row)[2]


@pytest.mark.parametrize(("fps", "shown"), [(9.94, "9.9"), (9.97, "10"), (0.96, "1.0"), (24.6, "25")])
def test_a_rate_has_two_digits(fps: float, shown: str) -> None:
    """What rounds to ten is written like ten."""
    assert drawn(replace(busy("yard", said("A cat.")), fps=fps))[2].split()[2] == shown


@pytest.mark.parametrize("state", ["stalled", "waiting", "connecting"])
def test_a_camera_that_sends_nothing_has_no_rate_and_no_bar(state: State) -> None:
    """A standing bar would look like one that fills."""
    assert drawn(busy("yard", said("A cat."), state, "why"))[2].split()[2:4] == ["-", "-"]


def test_where_there_is_no_terminal_every_camera_is_shown() -> None:
    """A file has no height."""
    lines = drawn(*(busy(f"camera-{number}") for number in range(99)), terminal=False)
    assert all(any(line.startswith(f"camera-{number} ") for line in lines) for number in range(99))


def test_the_strip_adds_up_all_cameras() -> None:
    """Every term is summed, and losses are told by reason, the greatest first."""
    one = Tally(
        "yard", "live", "", captured=1000, analysed=500, failed=100, waiting=200, in_flight=50, dropped={"late": 150}
    )
    other = Tally(
        "gate", "live", "", captured=2000, analysed=1500, dropped={"late": 50, "overflow": 300}, skipped=90, thinned=60
    )
    strip = " ".join(" ".join(line.strip() for line in drawn(Row(one), Row(other))[-2:]).split())
    assert strip == (
        "3,000 frames, 2,000 analysed, 100 failed, 50 in flight, 200 waiting, "
        "90 skipped, 60 thinned, 500 lost: 300 overflow, 200 late"
    )


def test_losses_are_red_and_their_absence_is_said() -> None:
    """A loss stands out, and so does the statement that there is none."""
    assert "\x1b[1;31m5 lost: 5 overflow\x1b[0m" in coloured(Row(replace(LIVE, captured=5, dropped={"overflow": 5})))
    assert "none lost" in coloured(Row(replace(LIVE, captured=5, analysed=5)))


def test_what_is_unaccounted_for_is_told() -> None:
    """What a user's own operators let fall is in the strip, in red."""
    assert "\x1b[31m7 unaccounted\x1b[0m" in coloured(Row(replace(LIVE, captured=7, unaccounted=7)))


def earlier(*texts: str, captured: float | None = None) -> list[Analysis]:
    """Answers before the newest, the newest first; ten seconds apart."""
    answers = [said(text) for text in texts]
    return [
        replace(one, clip=replace(one.clip, start=100.0 - 10 * at, end=110.0 - 10 * at, captured=captured))
        for at, one in enumerate(answers)
    ]


@pytest.mark.parametrize("captured", [None, 1_790_000_000.0])
def test_free_lines_hold_earlier_answers(captured: float | None) -> None:
    """The newest first, each with the wall time; of a film, with the time in it."""
    row = replace(busy("yard", said("A cat.")), earlier=earlier("A dog.", "A cow.", captured=captured))
    texts = [line.rstrip().split("  ", 1)[-1].strip() for line in drawn(row)[3:5]]
    when = ["1:40", "1:30"] if captured is None else [clock(captured)] * 2
    assert [line.split()[0] for line in (line.strip() for line in drawn(row)[3:5])] == when
    assert [text[-6:] for text in texts] == ["A dog.", "A cow."]


def test_no_line_is_empty_beside_a_text_that_is_cut() -> None:
    """What one camera leaves free, another gets, up to its whole text."""
    lines = drawn(busy("yard", said("A cat.")), busy("gate", said(LONG[:600])), size=(80, 30))
    assert "…" not in "".join(lines)
    full = drawn(busy("yard", said("A cat.")), busy("gate", said(LONG * 3)), size=(80, 30))
    assert len(full) == 29
    assert "…" in "".join(full)
    assert sum(not line.strip() for line in full) == 1


def test_a_screen_is_full_of_what_was_said() -> None:
    """With history enough, no line between the headings and the counts stays empty, but those between cameras."""
    rows = [replace(busy(name, said("A cat.")), earlier=earlier(*["A dog."] * 60)) for name in ("yard", "gate")]
    lines = drawn(*rows, size=(140, 40))
    assert len(lines) == 39
    assert sum(not line.strip() for line in lines) == 1


def test_a_camera_that_was_away_says_how_often_how_long_and_since_when() -> None:
    """While it lasts, and afterwards."""
    away = Away(3, 125.0, 1_790_000_000.0)
    since = clock(1_790_000_000.0)
    row = replace(busy("yard", said("A cat."), "waiting", "refuses the connection"), away=away)
    assert f"away since {since}; 3 times, 2m in all" in " ".join("".join(drawn(row, size=(140, 40))).split())
    back = replace(busy("yard", said("A cat.")), away=replace(away, lasts=False))
    assert f"was away 3 times, 2m in all, last at {since}" in " ".join("".join(drawn(back, size=(140, 40))).split())


def test_away_is_counted_from_states() -> None:
    """Each change to a state in trouble is one time; seconds add up while it lasts."""
    away = None
    for at, state in enumerate(("connecting", "waiting", "waiting", "live", "live", "stalled", "live", "ended")):
        away = away_now(away, state, 1000.0 + at, 1.0)
    assert away == Away(2, 3.0, 1005.0, lasts=False)


def test_while_a_model_is_asked_again_the_row_says_why() -> None:
    """Until it is answered; an answer that is there stays below that."""
    row = replace(busy("yard"), trouble="asked again: llava refuses the connection")
    assert "no answer yet; asked again: llava refuses the connection" in " ".join("".join(drawn(row)).split())
    shown = " ".join("".join(drawn(replace(row, last=said("A cat.")), size=(140, 12))).split())
    assert shown.index("no newer answer yet; asked again: llava refuses") < shown.index("A cat.")


def test_a_row_says_when_its_first_question_is_asked() -> None:
    """While the first window is being filled, and no longer."""
    row = Row(Tally("yard", "live", "", 30, 0, waiting=30, time=3.0), 10.0, 5.0)
    assert "no answer yet; the first question is asked after 5 s" in " ".join("".join(drawn(row)).split())
    asked = replace(row, tally=replace(row.tally, time=5.5, windows=1))
    assert "the first question" not in "".join(drawn(asked))
