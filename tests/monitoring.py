"""A run with a monitor on it, for tests: real ledgers and scripted answers, without cameras."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import reactivex
from conftest import wait_until
from reactivex import Observable
from reactivex.subject import Subject
from textual.pilot import Pilot
from textual.widgets import Input

from rxvlm import Ledger, Piece, Store
from rxvlm.display.pictures.screen import Screen
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.screens.app import MonitorApp
from rxvlm.monitor.screens.images import Images
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.site import Item, Site
from rxvlm.monitor.sites.local import LocalSite

WATCHDOG = 60.0


@dataclass
class Controls:
    """Notes what is done to a run."""

    done: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    answer: Observable[Piece] = field(default_factory=lambda: reactivex.of(Piece("It is "), Piece("open.")))
    pauses: dict[str, float] = field(default_factory=dict[str, float])
    mutes: dict[str, float] = field(default_factory=dict[str, float])

    def paused(self) -> Mapping[str, float]:
        return self.pauses

    def muted(self) -> Mapping[str, float]:
        return self.mutes

    def pause(self, camera: str) -> None:
        self.done.append(("pause", camera))
        self.pauses[camera] = 1_000.0

    def resume(self, camera: str) -> None:
        self.done.append(("resume", camera))
        self.pauses.pop(camera)

    def mute(self, rule: str, seconds: float) -> None:
        self.done.append(("mute", rule, seconds))
        self.mutes[rule] = 2_000_000_000.0

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        self.done.append(("ask", camera, question))
        return self.answer


class Run:
    """The parts of a run.

    Args:
        cameras: Their names.
        rules: The names of its rules.
    """

    def __init__(self, cameras: Iterable[str] = ("yard", "gate"), rules: Iterable[str] = ("intruder",)) -> None:
        self.ledgers = {name: Ledger(name) for name in cameras}
        self.controls = Controls()
        self.items = Subject[Item]()
        self._rules = list(rules)

    def rules(self) -> Iterable[str]:
        return self._rules

    def sinks(self) -> Iterable[tuple[str, Any]]:
        return ()

    def models(self) -> Iterable[Any]:
        return ()

    def site(self, store: Store | None = None) -> LocalSite:
        """Return it as a monitor sees it."""
        return LocalSite("two cameras", self, controls=self.controls, store=store)


class Screens:
    """A monitor that is driven by keys.

    Args:
        app: It.
        pilot: Who presses them.
    """

    def __init__(self, app: MonitorApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, under a watchdog; the monitor looks meanwhile."""

        async def wait() -> None:
            while not holds():
                self.app.look()
                await self.pilot.pause(0.02)

        await asyncio.wait_for(wait(), WATCHDOG)

    async def until_text(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        try:
            await self.until(lambda: text in self.text)
        except TimeoutError:
            raise AssertionError(f"{text!r} is not on the screen:\n{self.text}") from None

    @property
    def listing(self) -> Listing:
        """The lines that have the cursor."""
        return next(one for one in self.app.screen.query(Listing) if one.chooses)

    async def write(self, text: str) -> None:
        """Write a text in the field that is open, in place of what stands there, and press enter."""
        self.app.screen.query_one(Input).value = text
        await self.press("enter")

    @property
    def text(self) -> str:
        """What stands on the screen."""
        shown = self.app.screen.query(Listing)
        others = [str(getattr(one, "content", "")) for one in self.app.screen.query("Static")]
        values = [getattr(one, "value", "") for one in self.app.screen.query("Input")]
        return "\n".join([*(line for listing in shown for line in listing.lines), *others, *values])


def drive(site: Site, script: Callable[[Screens], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> MonitorApp:
    """Run a monitor without a terminal, driven by a script; return it."""
    board = Board(site)
    app = MonitorApp(board, Images(Screen()))

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(Screens(app, pilot))

    try:
        asyncio.run(run())
    finally:
        board.close()
    return app


__all__ = ["Controls", "Run", "Screens", "drive", "wait_until"]
