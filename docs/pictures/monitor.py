"""Take pictures of the monitor for the docs: ``python docs/pictures/monitor.py STORE``; `night.py` makes the store.

Each is Textual's own picture of a screen (SVG), drawn by Chromium, which is needed.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent.parent / "tests"))

from monitoring import Run, Screens, drive  # noqa: E402 - the tests' own
from storing import NOW, answer, event  # noqa: E402

from rxvlm import Store  # noqa: E402
from rxvlm.display.wall_time import clock  # noqa: E402
from rxvlm.monitor.site import Site  # noqa: E402
from rxvlm.monitor.sites.stored import StoredSite  # noqa: E402

SIZE = (96, 27)
Step = str | tuple[str, ...]

# A picture is taken where a name stands; a tuple is keys; a text with a space is written and sent.
NIGHT: Sequence[Step] = (
    "cameras",
    ("question_mark",),
    "help",
    ("escape", "enter"),
    "camera",
    ("j", "j", "enter"),
    "answer",
    ("escape", "escape", "tab"),
    "events",
    ("j", "N"),
    ("enter",),
    "event",
    ("escape", "k", "t"),
    " {away}",
    "away",
    ("w",),
    "why-away",
    ("escape", "tab"),
    "log",
    ("tab", "j", "j", "w"),
    " {missed}",
    "why-missed",
)
LIVE: Sequence[Step] = (("p",), "paused", ("m",), "mute", ("escape", "a"), "Is the door open?", "ask")


def main(store: Path) -> None:
    """Take all pictures."""
    away, missed = moments(store)
    take(StoredSite(Store(store)), [_filled(step, away, missed) for step in NIGHT], "")
    run = Run(["yard", "gate", "door"])
    run.controls.mutes["intruder"] = NOW + 600.0
    site = run.site()

    def begin() -> None:
        for at, (name, ledger) in enumerate(run.ledgers.items()):
            ledger.state("live")
            site.on_item(answer(1, f"A person stands at the {name}.", name, captured=NOW - at))
        site.on_item(event(answer(1, captured=NOW - 20)))

    take(site, LIVE, "live-", begin)


def moments(store: Path) -> tuple[str, str]:
    """Return when the gate was away, and when an answer about the yard held and there was no alert."""
    with closing(sqlite3.connect(store)) as read:
        ((first, last),) = read.execute(
            "SELECT min(since), (SELECT max(since) FROM states WHERE camera = 'gate' AND state = 'live') "
            "FROM states WHERE camera = 'gate' AND state = 'waiting'"
        )
        held = "SELECT low, high FROM decisions AS one WHERE camera = 'yard' AND outcome = 'held' AND NOT EXISTS "
        soon = "camera = 'yard' AND outcome = 'alerted' AND low BETWEEN one.low AND one.low + 15"
        later = f"(SELECT 1 FROM decisions WHERE {soon})"  # noqa: S608 - our own
        low, high = read.execute(held + later).fetchone()
    return clock((first + last) / 2), clock((low + high) / 2)


def _filled(step: Step, away: str, missed: str) -> Step:
    return step if isinstance(step, tuple) else step.format(away=away, missed=missed)


def take(site: Site, steps: Sequence[Step], prefix: str, begin: object = None) -> None:
    """Press keys, and save a picture wherever a name stands."""

    async def script(screens: Screens) -> None:
        await screens.pilot.pause(0.5)
        if callable(begin):
            begin()
        screens.app.look()
        for step in steps:
            if isinstance(step, tuple):
                await screens.press(*step)
                await asyncio.sleep(1.0)
            elif " " in step:
                await screens.write(step.strip())
                await asyncio.sleep(1.0)
            else:
                await screens.pilot.pause(0.5)
                save(screens.app.export_screenshot(), HERE / f"monitor-{prefix}{step}.webp")

    drive(site, script, SIZE)


def save(svg: str, path: Path) -> None:
    """Save a picture of a screen, as Chromium draws it, without the frame of a window around it."""
    with TemporaryDirectory() as folder:
        drawing, drawn = Path(folder) / "screen.svg", Path(folder) / "screen.png"
        drawing.write_text(re.sub(r"@font-face \{[^}]*\}", "", svg), encoding="utf-8")  # those of a web site
        ((width, height),) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
        size = f"--window-size={int(float(width))},{int(float(height))}"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, f"--screenshot={drawn}"]
        subprocess.run(["chromium", *options, drawing.as_uri()], capture_output=True, check=True)  # noqa: S603, S607
        picture = Image.open(drawn).convert("RGB")
        picture.thumbnail((1000, 1000))
        picture.save(path, quality=60, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
