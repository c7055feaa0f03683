"""open_door: a service, as its door shows it to other processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from rxvlm.door.door import Door
from rxvlm.door.places import take_place
from rxvlm.ledger import Ledger
from rxvlm.models.breaker import outages
from rxvlm.service.loading import Configuration
from rxvlm.service.service import Service
from rxvlm.sinks.sink import Counted


def open_door(configuration: Configuration, service: Service, say: Callable[[str, str], None]) -> Door | None:
    """Open the door of a service; return None where that cannot be, which is said, and is no reason not to watch.

    Args:
        configuration: What it works by.
        service: The service.
        say: Called with a message and its level.
    """
    store = configuration.store
    try:
        place = take_place(configuration.path.absolute(), None if store is None else store.path.absolute())
    except OSError as error:
        say(f"no monitor can be attached to this run: {error}", "info")
        return None
    from rxvlm import __version__

    door = Door(
        place,
        file=str(configuration.path.absolute()),
        store=store_path(configuration),
        version=__version__,
        run=Inside(service),
        controls=service.controls,
    )
    door.open()
    say(f"look at this run with: rxvlm monitor --attach {door.name}", "info")
    return door


def store_path(configuration: Configuration) -> str | None:
    """Return the path of the store of a service; None if it has none."""
    return None if configuration.store is None else str(configuration.store.path.absolute())


class Inside:
    """What a service is made of at the moment."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """The ledgers of its cameras, by name."""
        return self._service.ledgers

    def cameras(self) -> Iterable[str]:
        """Return the names of its cameras."""
        return list(self._service.configuration.cameras)

    def rules(self) -> Iterable[str]:
        """Return the names of its rules."""
        return self._service.rule_names()

    def muted(self) -> Mapping[str, float]:
        """Return until when each muted rule is muted."""
        return self._service.controls.muted()

    def sinks(self) -> Iterable[tuple[str, Counted]]:
        """Return its sinks with their names."""
        return list(self._service.sending.sinks.items())

    def troubles(self) -> Iterable[str]:
        """Return a line for each model that is down."""
        now = time.time()
        downs = {outage.name: outage.line(now) for model in self._service.models() for outage in outages(model)}
        return list(downs.values())
