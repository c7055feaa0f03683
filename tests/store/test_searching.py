from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storing import NOW, answer, event

from rxvlm import Store
from rxvlm.store.times import time_of

SENTENCES = [
    "一辆红色的车停在门口",
    "赤い車が門の前に止まっている",
    "빨간 자동차가 문 앞에 서 있다",
    'A red car, "parked"; two men are walking past. Café 🔥',
    "the car red",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("store") / "watch.db") as opened:
        for at, sentence in enumerate(SENTENCES):
            opened.write(answer(at, sentence))
        yield opened


def found(store: Store, text: str, **options: Any) -> list[int]:
    return sorted(SENTENCES.index(one.text) for one in store.search(text, **options))


@pytest.mark.parametrize("sentence", range(3))
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_any_part_of_a_sentence_is_found(store: Store, sentence: int, size: int) -> None:
    """Of Chinese, Japanese and Korean, however short the part is; its reverse is not."""
    text = SENTENCES[sentence]
    for begin in range(len(text) - size + 1):
        part = text[begin : begin + size]
        assert sentence in found(store, part)
        if size > 1 and " " not in part and part[::-1] not in text:
            assert sentence not in found(store, part[::-1])


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("red car", [3, 4]),
        ("car red", [3, 4]),
        ('"red car"', [3]),
        ('"car red"', [4]),
        ('"red car', [3]),
        ("WALK man", []),
        ("walk men", [3]),
        ("cafe", [3]),
        ("门口 红色", [0]),
        ("红色 car", []),
        ("🔥", [3]),
        ("🔥 red", [3]),
        ("💧", []),
        ("What happens", [0, 1, 2, 3, 4]),
        ("", [0, 1, 2, 3, 4]),
        (" \t", [0, 1, 2, 3, 4]),
        ("red OR nothing", []),
        ("NOT red", []),
        ("text:red", []),
        ("re*", []),
        ("\0red\0", [3, 4]),
        ('""', [0, 1, 2, 3, 4]),
    ],
)
def test_words_stand_in_any_order(store: Store, text: str, sentences: list[int]) -> None:
    """Words in another form, phrases in quotes, no operators; an empty text finds all."""
    assert found(store, text) == sentences


@given(st.text() | st.text("\"*:^-+(){}[]\0\\'\ud800NEAR/ANDORT 红🔥", max_size=30))
def test_any_text_is_safe(store: Store, text: str) -> None:
    """No text makes a search fail."""
    assert isinstance(store.search(text), list)


def test_times_of_a_camera(store: Store) -> None:
    """Numbers, datetimes and texts, compared with when the end of a clip was filmed."""
    third = answer(2).clip.captured or 0.0
    moment = datetime.fromtimestamp(third, timezone(timedelta(hours=-3)))
    for when in (third, moment, moment.isoformat()):
        assert found(store, "", since=when) == [2, 3, 4]
        assert found(store, "", until=when) == [0, 1, 2]
    assert found(store, "", since="2d", until="-1h") == [0, 1, 2, 3, 4]


def test_times_of_a_film(tmp_path: Path) -> None:
    """Seconds of the film; a time of the clock is compared with when it was answered about."""
    with Store(tmp_path / "film.db") as store:
        for at in range(4):
            store.write(answer(at, f"{at}", captured=None))
        assert [one.text for one in store.search(since="00:00:15", until=25)] == ["2", "1"]
        assert len(store.search(since=NOW - 100)) == 4
        assert store.search(until="5h") == []


def test_an_event_counts_from_its_start_to_its_newest_answer(tmp_path: Path) -> None:
    """An event that runs is not older than what it still sees."""
    with Store(tmp_path / "events.db") as store:
        first, last = answer(0), answer(9)
        store.write(event(first))
        store.write(event(last, "update", start=0.0, captured=(first.clip.captured or 0) - 10.0, count=2))
        (one,) = store.search(events=True, since=last.clip.captured)
        assert (one.record["start"], one.record["end"], one.record["count"]) == (0.0, 100.0, 2)
        assert store.search(events=True, until=(first.clip.captured or 0) - 11.0) == []
        assert len(store.search("intruder happens", events=True)) == 1
        assert one.event().to_dict() == one.record
        assert one.clip().data == last.clip.data


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 1000 answers of two cameras, which came in no order of time."""
    order = [at * 379 % 1000 for at in range(1000)]
    with Store(tmp_path_factory.mktemp("store") / "shuffled.db", clips="none") as opened:
        for at in order:
            opened.write(answer(at, f"car {at}", camera="gate" if at % 3 else "yard"))
        yield opened


@pytest.mark.parametrize("limit", [1, 7, 400, 1000])
@pytest.mark.parametrize("options", [{}, {"camera": "yard"}, {"since": answer(300).clip.captured}])
def test_the_newest_are_found_in_whatever_order_they_came(shuffled: Store, limit: int, options: dict[str, Any]) -> None:
    """A word that every answer has finds the newest of them by their time."""
    right = [at for at in reversed(range(1000)) if at % 3 == 0 or "camera" not in options]
    right = [at for at in right if at >= 300 or "since" not in options][:limit]
    assert [one.text for one in shuffled.search("car", limit=limit, **options)] == [f"car {at}" for at in right]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3.0), ("01:02:03", 3723.0), ("0:00:01.5", 1.5), ("2026-11-29T07:35:00+01:00", 1795934100.0)],
)
def test_a_time_as_users_write_it(text: str, seconds: float) -> None:
    """Seconds of a film, or a moment of the clock."""
    assert time_of(text) == seconds


def test_a_time_of_today_and_one_before_now() -> None:
    """`07:35` is local; `-2h` and `2h` are the same."""
    today = datetime.now().astimezone()
    meant = datetime.fromtimestamp(time_of("07:35"), today.tzinfo)
    assert (meant.date(), f"{meant:%H:%M}") == (today.date(), "07:35")
    for text in ("-2h", "2h", "120m", "7200s"):
        assert abs(time_of(text) + 7200 - today.timestamp()) < 60


@pytest.mark.parametrize("wrong", ["", "yesterday", "25:00", "7:60", "-2", "2026-13-01", "nan", "1e400"])
def test_a_time_that_is_none(wrong: str) -> None:
    """The error shows the forms."""
    with pytest.raises(ValueError, match="a time is written as"):
        time_of(wrong)
