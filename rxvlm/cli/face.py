"""Face: what shows a run of the command line in place of its table and its lines: the full-screen monitor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import rxvlm  # its names load when they are used: --help stays quick

if TYPE_CHECKING:
    from pathlib import Path

    from rxvlm.cli.ends import Asked
    from rxvlm.monitor.show import Monitor
    from rxvlm.monitor.site import Controls
    from rxvlm.sinks.sink import Counted


@dataclass(frozen=True, kw_only=True)
class RunParts:
    """What a run is made of, as a monitor sees it.

    Attributes:
        title: What is watched.
        ledgers: The ledgers of its cameras, by name.
        rules: Returns the names of its rules.
        sinks: Returns its sinks with their names, without secrets.
        models: Returns its models.
        store: Returns the file of its store; None if it has none.
        controls: What can be done to it; None: nothing.
    """

    title: str
    ledgers: Mapping[str, rxvlm.Ledger]
    rules: Callable[[], Iterable[str]]
    sinks: Callable[[], Iterable[tuple[str, Counted]]]
    models: Callable[[], Iterable[rxvlm.Vlm]]
    store: Callable[[], Path | None]
    controls: Controls | None = None


class Face(Protocol):
    """Shows a run."""

    def begin(
        self,
        ledgers: Mapping[str, rxvlm.Ledger],
        rules: Sequence[str],
        *,
        sinks: Mapping[str, Counted],
        model: rxvlm.Vlm,
        store: Path | None,
        controls: Controls | None,
    ) -> None:
        """Get to know the run, before its first camera is opened.

        Args:
            ledgers: The ledgers of its cameras, by name.
            rules: The names of its rules.
            sinks: Its sinks by their names, without secrets.
            model: Its model.
            store: The file of its store; None if it has none.
            controls: What can be done to it; None: nothing.

        Raises:
            ValueError: If there is no terminal.
        """
        ...

    def on_item(self, item: rxvlm.Analysis | rxvlm.Event) -> None:
        """Take an answer or an event."""
        ...

    def until_left(self, asked: Asked) -> BaseException | None:
        """Show the run until it is left, or a signal comes; return the exception that ended it, or None."""
        ...


class MonitorFace:
    """The full-screen monitor as the face of a run."""

    def __init__(self) -> None:
        self._monitor: Monitor | None = None
        self._on_item: Callable[[rxvlm.Analysis | rxvlm.Event], None] = lambda _item: None

    @property
    def is_begun(self) -> bool:
        """Whether the run is known."""
        return self._monitor is not None

    @property
    def monitor(self) -> Monitor:
        """The monitor of the run that was begun."""
        if self._monitor is None:
            raise AssertionError("the run was not begun")
        return self._monitor

    def begin(
        self,
        ledgers: Mapping[str, rxvlm.Ledger],
        rules: Sequence[str],
        *,
        sinks: Mapping[str, Counted],
        model: rxvlm.Vlm,
        store: Path | None,
        controls: Controls | None,
    ) -> None:
        """Get to know the run of the command line; see `Face.begin`."""
        self.begin_with(
            RunParts(
                title=", ".join(ledgers),
                ledgers=ledgers,
                rules=lambda: rules,
                sinks=sinks.items,
                models=lambda: [model],
                store=lambda: store,
                controls=controls,
            )
        )

    def begin_with(self, parts: RunParts) -> None:
        """Get to know a run.

        Raises:
            ValueError: If there is no terminal.
        """
        from rxvlm.monitor.show import Monitor, check_terminal  # only here: most runs need no monitor
        from rxvlm.monitor.sites.local import LocalSite

        check_terminal()
        path = parts.store()
        store = None if path is None else rxvlm.Store(path)
        site = LocalSite(parts.title, parts, controls=parts.controls, store=store)
        self._on_item = site.on_item
        self._monitor = Monitor(site)

    def on_item(self, item: rxvlm.Analysis | rxvlm.Event) -> None:
        """Take an answer or an event."""
        self._on_item(item)

    def until_left(self, asked: Asked) -> BaseException | None:
        """Show the run until it is left, or a signal comes; return the exception that ended it, or None."""
        asked.then(self.monitor.leave)
        crash = self.monitor.until_left()
        if self.monitor.interrupted:
            asked.note_interrupt()
        return crash
