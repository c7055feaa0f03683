"""ServiceFace: the full-screen monitor of `rxvlm run FILE --monitor`."""

from __future__ import annotations

import signal

from rxvlm.analysis import Analysis
from rxvlm.cli.face import MonitorFace, RunParts
from rxvlm.event import Event
from rxvlm.service.journal import Journal
from rxvlm.service.loading import Configuration
from rxvlm.service.service import Service


class ServiceFace:
    """The full-screen monitor as the screen of a service.

    Args:
        face: The monitor.

    Attributes:
        crash: The exception that ended it, if one did.
    """

    def __init__(self, face: MonitorFace) -> None:
        self._face = face
        self.crash: BaseException | None = None

    def begin(self, configuration: Configuration, service: Service) -> None:
        """Get to know the run."""
        self._face.begin_with(
            RunParts(
                title=configuration.path.name,
                ledgers=service.ledgers,
                rules=service.rule_names,
                sinks=service.sending.sinks.items,
                models=service.models,
                store=lambda: None if configuration.store is None else configuration.store.path,
                controls=service.controls,
            )
        )

    def on_item(self, item: Analysis | Event) -> None:
        """Take an answer or an event."""
        self._face.on_item(item)

    def until_left(self) -> int | None:
        """Show the run until it is left; return SIGINT if Ctrl-C was pressed, else None."""
        self.crash = self._face.monitor.until_left()
        return signal.SIGINT if self._face.monitor.interrupted else None

    def leave(self) -> None:
        """Let it be left."""
        self._face.monitor.leave()


class ScreenJournal(Journal):
    """Writes messages into the log of the monitor, which has answers, events and states from elsewhere.

    Args:
        face: The monitor; before it is there, messages go to stderr.
    """

    def __init__(self, face: MonitorFace) -> None:
        super().__init__()
        self._face = face

    def on_item(self, item: Analysis | Event, until: float) -> None:
        """Write nothing."""

    def on_state(self, camera: str, state: str, reason: str) -> None:
        """Write nothing."""

    def on_mute(self, rule: str, until: float | None) -> None:
        """Write nothing: the monitor shows it."""

    def say(self, text: str, level: str = "info") -> None:
        """Write a message about the service itself."""
        if self._face.is_begun:
            self._face.monitor.messages.add(text, bad=level == "error")
        else:
            super().say(text, level)
