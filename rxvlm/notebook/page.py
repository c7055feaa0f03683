"""Page: what `show` knows of a stream: its newest items by camera, its state, and what asking has cost."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from reactivex.abc import DisposableBase

from rxvlm.display import markup
from rxvlm.display.wall_time import clock
from rxvlm.ledger import Ledger, Tally
from rxvlm.ledger.states import OVER
from rxvlm.notebook.cameras import CameraFacts
from rxvlm.notebook.items import Item
from rxvlm.operators.bounding.followed import Followed
from rxvlm.vlm import Usage
from rxvlm.watching.table import answers_table, item_html

_MOST_CAMERAS: Final = 256  # of which items are kept
_MOST_CLIP_BYTES: Final = 32_000_000  # of all clips that can be opened
_MOST_AGES: Final = 1000
_SAVED: Final = 6  # items of one camera in the HTML, whose pictures the file keeps; of several cameras one each
_MOST_SAVED: Final = 24


class Page:
    """What is shown of a stream. Any thread may call it.

    Args:
        newest: Items that are kept of each camera.
        ledgers: The ledgers of its cameras, by name; cameras may be added to it later.
        now: Returns the seconds since 1970 (UTC).

    Attributes:
        state: ``running``, ``stopped``, ``ended`` or ``failed``.
        error: Why it failed.
    """

    def __init__(self, newest: int, ledgers: Mapping[str, Ledger], now: Callable[[], float] = time.time) -> None:
        self.count = 0
        self.state = "running"
        self.error: Exception | None = None
        self._newest, self._ledgers, self._now = newest, ledgers, now
        self._lock = threading.Lock()
        self._items: dict[str, deque[Item]] = {}
        self._cameras: dict[str, CameraFacts] = {}
        self._asked: Counter[str] = Counter()  # calls, failures and tokens so far
        self._ages: deque[float] = deque(maxlen=_MOST_AGES)
        self._followed = Followed(self._follow, ledgers)
        self._final: dict[str, Tally] | None = None

    def take(self, item: object) -> None:
        """Add an item; of analyses, the calls and tokens are counted."""
        names = list(self._ledgers)
        with self._lock:
            self.count += 1
            one = Item(self.count, item, names[0] if len(names) == 1 else "")
            if one.camera not in self._items and len(self._items) >= _MOST_CAMERAS:
                del self._items[next(iter(self._items))]
            self._items.setdefault(one.camera, deque(maxlen=self._newest)).append(one)
            for analysis in one.analyses:
                usage = analysis.usage or Usage()
                self._asked.update({"calls": 1, "failed": analysis.error is not None})
                self._asked.update({"in": usage.input, "out": usage.output})
                if analysis.age is not None:
                    self._ages.append(analysis.age)
                self._facts_of(one.camera).answered(analysis.clip)
            bulky = self._beyond_bound()
        for old in bulky:
            old.forget_clip()

    def look(self) -> None:
        """Follow the ledgers of cameras that are new."""
        self._followed.look()

    def end(self, state: str) -> None:
        """Set the state at the end; the counts are kept as they are: the stream may be subscribed to again."""
        self._final = {name: _over(tally) for name, tally in self._tallies().items()}
        self.state = state
        self._followed.leave()

    def pause(self, *, on: bool) -> None:
        """Pause asking about all cameras, or go on."""
        for ledger in list(self._ledgers.values()):
            if on:
                ledger.pause()
            else:
                ledger.resume()

    @property
    def items(self) -> list[Item]:
        """The items that are kept, the oldest first."""
        with self._lock:
            return sorted((item for kept in self._items.values() for item in kept), key=lambda item: item.number)

    def item(self, number: object) -> Item | None:
        """Return an item that is kept, by its number."""
        return next((item for item in self.items if item.number == number), None)

    def head(self) -> dict[str, Any]:
        """Return what the live view is told of the stream as a whole."""
        failed = "" if self.error is None else f"{type(self.error).__name__}: {self.error}"
        return {
            "heading": f"{'paused' if self._paused else self.state}, {_counted(self.count, 'item')}",
            "costs": ", ".join(self._costs()),
            "failed": failed,
            "over": self.state != "running",
            "paused": self._paused,
            "pausable": bool(self._ledgers),
        }

    def cameras(self) -> list[dict[str, Any]]:
        """Return what the live view is told of each camera."""
        tallies = self._tallies()
        with self._lock:
            return [self._facts_of(name).told(tally) for name, tally in tallies.items()]

    @property
    def heading(self) -> str:
        """The state, the number of items, and what asking has cost so far, for the file: never that it is running."""
        state = f"as of {clock(self._now())}" if self.state == "running" else self.state
        paused = ["paused"] if self._paused else []
        return ", ".join([state, *paused, _counted(self.count, "item"), *self._costs()])

    def html(self) -> str:
        """Return the whole page as HTML, the newest item first."""
        items = self._saved()
        rows = [item.row for item in items if item.row is not None]
        shown = [answers_table(rows)] if rows else []
        shown += [item.card for item in items if item.row is None]
        shown += [item_html(tally) for tally in self._tallies().values()]
        cameras = self.cameras()
        names = {one["name"]: f"{one['name']}: " if len(cameras) > 1 else "" for one in cameras}
        shown += [markup.text(f"{names[one['name']]}{line}") for one in cameras for line in one["lost"]]
        failed = markup.complaint(self.error) if self.error is not None else ""
        return markup.card(self.heading, failed, *shown)

    def plain(self) -> str:
        """Return the whole page as text, for where no HTML is shown."""
        error = "" if self.error is None else f": {self.error}"
        return "\n".join([f"{self.heading}{error}", *(repr(item.item) for item in self._saved())])

    def _tallies(self) -> dict[str, Tally]:
        final = self._final
        return {name: one.snapshot() for name, one in list(self._ledgers.items())} if final is None else final

    def _saved(self) -> list[Item]:
        """Return the items of the HTML, the newest first: of several cameras, the newest of each."""
        with self._lock:
            kept = list(self._items.values())
            each = _SAVED if len(kept) == 1 else 1
            chosen = [item for items in kept for item in list(items)[-each:]]
        return sorted(chosen, key=lambda item: -item.number)[:_MOST_SAVED]

    @property
    def _paused(self) -> bool:
        ledgers = list(self._ledgers.values())
        return bool(ledgers) and self.state == "running" and all(ledger.paused for ledger in ledgers)

    def _costs(self) -> list[str]:
        asked, ages = self._asked, sorted(self._ages)
        parts = [_counted(asked["calls"], "call")] if asked["calls"] else []
        parts += [f"{asked['failed']:,} failed"] if asked["failed"] else []
        parts += [f"{asked['in']:,} tokens in, {asked['out']:,} out"] if asked["in"] else []
        parts += [f"age {_rank(ages, 0.5):.1f} s (p50), {_rank(ages, 0.95):.1f} s (p95)"] if ages else []
        return parts

    def _follow(self, ledger: Ledger) -> DisposableBase:
        names = [name for name, one in list(self._ledgers.items()) if one is ledger]
        return ledger.listen(self._facts_of(names[0] if names else ledger.name).on_entry, shows_states=True)

    def _facts_of(self, camera: str) -> CameraFacts:
        return self._cameras.setdefault(camera, CameraFacts(camera))

    def _beyond_bound(self) -> list[Item]:
        """Return the items whose clips are too many bytes to be kept, the oldest. Called with the lock held."""
        kept = [item for items in self._items.values() for item in items if item.clip is not None and item.clip.kept]
        kept.sort(key=lambda item: -item.number)
        total, beyond = 0, list[Item]()
        for item in kept:
            total += 0 if item.clip is None else item.clip.size
            if total > _MOST_CLIP_BYTES:
                beyond.append(item)
        return beyond


def _over(tally: Tally) -> Tally:
    """Return the counts of a camera that was left: its source ends a moment later."""
    return tally if tally.state in OVER else replace(tally, state="ended")


def _rank(ages: list[float], share: float) -> float:
    """Return a percentile of sorted numbers, by the nearest rank."""
    return ages[min(len(ages) - 1, int(share * len(ages)))]


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
