from __future__ import annotations

from collections.abc import Iterator
from time import tzset

import pytest

from rxvlm.display.when import in_words, moment_in_words, picture_of, span_in_words
from rxvlm.window import Span

NOON = 1_790_164_800.0  # 2026-09-23, 12:00:00 UTC


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the zone of this machine to UTC."""
    monkeypatch.setenv("TZ", "UTC")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(5.0, 10.0, source="cars"), "cars, 5 s to 10 s"),
        (Span(0.1 + 0.2, 0.6, source="cars"), "cars, 0.3 s to 0.6 s"),
        (Span(55.0, 60.0, source="cars"), "cars, 0:55 to 1:00"),
        (Span(5.0, 10.0), "5 s to 10 s"),
        (Span(5.0, 10.0, NOON, "gate"), "gate, 2026-09-23 11:59:55 to 12:00:00"),
        (Span(5.0, 5.5, NOON, "gate"), "gate, 2026-09-23 11:59:59.5 to 12:00:00.0"),
        (Span(0.0, 60.0, NOON + 43_200.0, "gate"), "gate, 2026-09-23 23:59:00 to 2026-09-24 00:00:00"),
    ],
)
def test_a_span_is_said_in_words(span: Span, words: str) -> None:
    """Of a film in seconds, or in minutes; of a camera by the date and the time of day."""
    assert in_words(span) == words


def test_a_picture_says_what_it_shows() -> None:
    """Its description has the camera, its own moment and the answer, on one line and not for ever."""
    _, caption, alt = picture_of(Span(5.0, 10.0, NOON, "gate"), 7.5, b"", "a cat\nwalks " + "on" * 999)
    assert caption == "11:59:57.5"
    assert alt.startswith("gate at 2026-09-23 11:59:57.5: a cat walks onon")
    assert len(alt) < 300
    assert picture_of(Span(65.0, 70.0, source="cars"), 66.0, b"")[1:] == ("1:06", "cars at 1:06")


def test_a_moment_without_its_date() -> None:
    """Below a heading with the date, the time of day is enough."""
    assert moment_in_words(1.0, NOON) == "2026-09-23 12:00:00.0"
    assert moment_in_words(1.0, NOON, date=False) == "12:00:00.0"
    assert span_in_words(0.0, 5.0) == "0 s to 5 s"
