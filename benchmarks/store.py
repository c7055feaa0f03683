"""Measure what a store costs: ``python -m benchmarks.store``.

Answers that are written, against plain inserts of the same JSON and the same clips into one table of SQLite; searches
over 100,000 answers, against plain FTS5 with the same texts; and watching with a store, against watching without. Each
ratio is of runs that took turns.
"""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.table import Spread, markdown
from rxvlm import Analysis, Clip, Store, collect, models, watch
from rxvlm import operators as rxo

WRITTEN, SEARCHED, CLIP_BYTES = 2000, 100_000, 30_000
FILM = "demo:yard?seconds=300&fps=5"
WORDS = re.findall(r"\w+", "a red car stands near the gate, two men walk past it slowly, an open white van is there")
RARE, COMMON, PHRASE = "zebra", "car", '"red car"'


def answers(count: int, size: int = 0) -> list[Analysis]:
    """Return answers of some words, with clips of some bytes; one in a thousand has a rare word."""
    chance, begin = random.Random(1), time.time() - count  # noqa: S311 - the same words each time
    made: list[Analysis] = []
    for at in range(count):
        data = (os.urandom(size),) if size else None
        clip = Clip(data, "image/jpeg", (at * 1.0,), 640, 360, at * 1.0, at + 1.0, captured=begin + at, source="yard")
        said = " ".join([*chance.choices(WORDS, k=14), *([RARE] if at % 1000 == 0 else [])])
        made.append(Analysis(clip, "What happens?", "m", begin + at, begin + at + 1.0, said))
    return made


def store_seconds(items: list[Analysis], folder: Path) -> float:
    """Write answers to a store, close it, and return the seconds of CPU."""
    began = time.process_time()
    with Store(folder / "store.db") as store:
        for one in items:
            store.write(one)
    return time.process_time() - began


def plain_seconds(items: list[Analysis], folder: Path) -> float:
    """Insert the JSON and the clips of answers into a table, 1000 in a transaction, and return the seconds of CPU."""
    began = time.process_time()
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE answers (id INTEGER PRIMARY KEY, record TEXT, clip BLOB)")
    for at in range(0, len(items), 1000):
        connection.execute("BEGIN")
        for one in items[at : at + 1000]:
            data = one.clip.data
            row = json.dumps(one.to_dict()), b"".join(data) if isinstance(data, tuple) else None
            connection.execute("INSERT INTO answers (record, clip) VALUES (?, ?)", row)
        connection.execute("COMMIT")
    connection.close()
    return time.process_time() - began


def writing(rounds: int) -> list[tuple[str, Spread]]:
    """Return answers per second, and the ratio to plain inserts, with clips and without."""
    rows: list[tuple[str, Spread]] = []
    for size, called in ((CLIP_BYTES, f"with clips of {CLIP_BYTES / 1000:g} kB"), (0, "without clips")):
        items, rates, ratios = answers(WRITTEN, size), [0.0], [0.0]
        rates.clear()
        ratios.clear()
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                took, plain = store_seconds(items, Path(folder)), plain_seconds(items, Path(folder))
            rates.append(WRITTEN / took)
            ratios.append(plain / took)
        rows.append((f"answers per CPU second that are written, {called}", Spread.of(rates)))
        rows.append(("the same, against plain inserts of the same JSON and clips", Spread.of(ratios)))
    return rows


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def searching(rounds: int) -> list[tuple[str, Spread]]:
    """Return the milliseconds of a search, and the ratio to plain FTS5."""
    rows: list[tuple[str, Spread]] = []
    with tempfile.TemporaryDirectory() as folder:
        items = answers(SEARCHED)
        store_seconds(items, Path(folder))
        plain = sqlite3.connect(Path(folder) / "fts5.db")
        plain.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter unicode61')")
        plain.executemany("INSERT INTO words (text) VALUES (?)", [(one.text,) for one in items])
        plain.commit()
        query = "SELECT text FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 50"
        with Store(Path(folder) / "store.db") as store:
            for text, called in ((RARE, "in 100 of them"), (PHRASE, "a phrase"), (COMMON, "in half of them")):
                taken = [
                    (
                        timed(lambda text=text: store.search(text)),
                        timed(lambda t=text: plain.execute(query, (t,)).fetchall()),
                    )
                    for _ in range(rounds)
                ]
                rows.append(
                    (f"milliseconds of a search for {text}, {called}", Spread.of([one * 1000 for one, _ in taken]))
                )
                rows.append(("the same, against plain FTS5", Spread.of([one / other for one, other in taken])))
        plain.close()
    return rows


def watching(rounds: int) -> list[tuple[str, Spread]]:
    """Return the CPU of watching with a store, against that without."""
    ratios: list[float] = []
    collect(watch("demo:yard?seconds=2", models.opencv()))  # loads what is loaded once
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.db") as store:
            stream = watch(FILM, models.opencv(), every=10.0)
            took: list[float] = []
            for one in (stream.pipe(rxo.to(store.write)), stream):
                began = time.process_time()
                collect(one)
                took.append(time.process_time() - began)
        ratios.append(took[0] / took[1])
    return [("CPU of watching with a store, against that without", Spread.of(ratios))]


def table(rounds: int) -> str:
    return markdown(["", ""], [*writing(rounds), *searching(rounds), *watching(rounds)])


if __name__ == "__main__":
    print(table(5))
