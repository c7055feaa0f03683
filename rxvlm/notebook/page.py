"""Page: what `show` draws: the newest items of a stream, and its state."""

from __future__ import annotations

from collections import Counter, deque
from functools import cached_property
from typing import cast

from rxvlm.analysis import Analysis, Answers
from rxvlm.display import markup
from rxvlm.ledger import Ledger
from rxvlm.vlm import Usage
from rxvlm.watching.table import analysis_row, answers_table, item_html


class Page:
    """What is shown: the newest items, and the state of the stream."""

    def __init__(self, newest: int, ledgers: list[Ledger]) -> None:
        self.count = 0
        self.state = "running"
        self.error: Exception | None = None
        self._items: deque[_Item] = deque(maxlen=newest)
        self._ledgers = ledgers
        self._asked: Counter[str] = Counter()  # calls, failures and tokens so far

    @property
    def heading(self) -> str:
        """The state, the number of items, and what asking has cost so far."""
        shown = len(self._items)
        parts = [self.state, _counted(self.count, "item")]
        parts += [f"the newest {shown} shown"] if shown < self.count else []
        parts += [_counted(self._asked["calls"], "call")] if self._asked["calls"] else []
        parts += [f"{self._asked['failed']:,} failed"] if self._asked["failed"] else []
        parts += [f"{self._asked['in']:,} tokens in, {self._asked['out']:,} out"] if self._asked["in"] else []
        return ", ".join(parts)

    def take(self, item: object) -> None:
        """Add an item; of analyses, the calls and tokens are counted."""
        self._items.append(_Item(item))
        self.count += 1
        for analysis in _analyses_of(item):
            usage = analysis.usage or Usage()
            self._asked.update({"calls": 1, "failed": analysis.error is not None})
            self._asked.update({"in": usage.input, "out": usage.output})

    def html(self) -> str:
        """Return the whole page as HTML."""
        items = list(self._items)
        rows = [item.row for item in items if item.row is not None]
        shown = [answers_table(rows)] if rows else []
        shown += [item.card for item in items if item.row is None]
        shown += [item_html(ledger) for ledger in self._ledgers]
        failed = markup.complaint(self.error) if self.error is not None else ""
        return markup.card(self.heading, failed, *shown)

    def plain(self) -> str:
        """Return the whole page as text, for where no HTML is shown."""
        error = "" if self.error is None else f": {self.error}"
        return "\n".join([f"{self.heading}{error}", *(repr(item.item) for item in list(self._items))])


class _Item:
    """One item; its HTML is made once, as its pictures take a while to decode."""

    def __init__(self, item: object) -> None:
        self.item = item

    @cached_property
    def row(self) -> list[str] | None:
        """The cells of an analysis; None for any other item."""
        item = self.item
        return analysis_row(cast("Analysis", item)) if isinstance(item, Analysis) else None

    @cached_property
    def card(self) -> str:
        """The item as a notebook shows it."""
        return item_html(self.item)


def _analyses_of(item: object) -> list[Analysis]:
    """Return the analyses in an item: those of an `Answers`, an analysis itself, none of anything else."""
    if isinstance(item, Answers):
        return list(cast("Answers", item).answers.values())
    return [cast("Analysis", item)] if isinstance(item, Analysis) else []


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
