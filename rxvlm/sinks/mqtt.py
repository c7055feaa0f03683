"""mqtt: answers and events at an MQTT broker, where Home Assistant finds them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.concurrency.threads import daemon
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.rules import AnyRule
from rxvlm.sinks.broker.address import BrokerAddress, checked_topic
from rxvlm.sinks.broker.connection import Connection
from rxvlm.sinks.broker.devices import Devices
from rxvlm.sinks.broker.home_assistant import birth_topic
from rxvlm.sinks.sink import check_item

_log = logging.getLogger("rxvlm")

_LOOK_SECONDS: Final = 1.0  # between two looks at the ledgers


class MqttSink:
    """The sink that `mqtt` returns.

    Args:
        broker: The address of the broker.
        discovery: The prefix of the topics that announce devices to Home Assistant; None: devices are not announced.
        ledgers: The ledgers of the cameras, by name.
        rules: The rules that make the events.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        discovery: str | None,
        ledgers: Mapping[str, Ledger] | None,
        rules: Collection[AnyRule],
    ) -> None:
        self._broker, self._discovery = broker, discovery
        self._ledgers, self._rules = ledgers, rules
        self._lock = threading.RLock()
        self._run: _Run | None = self._begun()

    def __repr__(self) -> str:
        return f"mqtt({self._broker.safe!r})"

    def __call__(self, item: Analysis | Event) -> None:
        """Publish an answer or an event. It never waits for the broker.

        Raises:
            OverflowedError: If it is an event, and 1000 wait for the broker already; it is lost.
            TypeError: If it is something else.
        """
        check_item(item)
        with self._lock:
            self._running().devices.take(item, time.time())

    def test(self, item: Analysis | Event) -> str:
        """Publish an answer or an event, wait until the broker has taken it, and return its reply in words.

        Raises:
            RxvlmError: If the broker cannot be reached, or refuses.
        """
        with self._lock:
            run = self._running()
        began = time.monotonic()
        self(item)
        run.connection.check()
        shown = "" if self._discovery is None else f"; Home Assistant shows the device {_camera_of(item)!r}"
        return f"acknowledged by the broker, after {time.monotonic() - began:.2f} s{shown}"

    def close(self) -> int:
        """Send waiting items, publish ``offline``, wait for the broker's acknowledgement, and disconnect; within 8 s.

        Retained messages stay, so that Home Assistant shows the cameras as unavailable. You may call the sink
        again after that.

        Returns:
            How many answers, and starts and ends of events, were lost because the broker never got them.
        """
        with self._lock:
            run, self._run = self._run, None
        lost = 0 if run is None else run.close()
        if lost:
            _log.error("%s never got the newest answers and events, %d of them; they are lost", self._broker.safe, lost)
        return lost

    def forget(self, camera: str) -> None:
        """Delete a camera from the broker, and so from Home Assistant: its device, and all its retained messages.

        Args:
            camera: Its name; it is announced again when it is seen again.

        Raises:
            RxvlmError: If the broker cannot be reached. A sink that is in use deletes the camera when it is connected
                again.
        """
        with self._lock:
            run = self._running()
        run.devices.forget(camera)
        run.connection.check()

    def _running(self) -> _Run:
        """Return the run; after `close` a new one begins, for a second subscription. Called with the lock held."""
        self._run = self._run or self._begun()
        return self._run

    def _begun(self) -> _Run:
        connection = Connection(self._broker, None if self._discovery is None else birth_topic(self._discovery))
        return _Run(Devices(connection, self._broker.prefix, self._discovery, self._rules), connection, self._ledgers)


class _Run:
    """One run of the sink, from its beginning to `close`: the connection, and a thread that looks at the ledgers."""

    def __init__(self, devices: Devices, connection: Connection, ledgers: Mapping[str, Ledger] | None) -> None:
        self.devices, self.connection = devices, connection
        self._ledgers: Mapping[str, Ledger] = {} if ledgers is None else ledgers
        self._over = threading.Event()
        devices.look(self._ledgers, time.time())
        self._thread = daemon("rxvlm-mqtt", self._over.set)(self._look)
        self._thread.start()

    def close(self) -> int:
        """End; return how many events were lost."""
        self._over.set()
        self._thread.join()
        return self.devices.close()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.devices.look(self._ledgers, time.time())


def _camera_of(item: Analysis | Event) -> str:
    return item.camera if isinstance(item, Event) else item.clip.source


def mqtt(
    url: str,
    *,
    discovery: str | None = "homeassistant",
    ledgers: Mapping[str, Ledger] | None = None,
    rules: Iterable[AnyRule] = (),
) -> MqttSink:
    """Make a sink that publishes answers and events at an MQTT broker, where Home Assistant finds them by itself.

    Each camera is a device with its newest answer, its newest picture, whether it is connected, the age of its newest
    answer, and for each rule whether it holds, and its starts and ends as events. States are retained: a
    program that connects later gets the newest. Starts and ends are not retained.

    The broker may be down at the start, fail and come back: meanwhile newer answers replace older ones, and events
    wait, 1000 at most, and are sent late.

    Args:
        url: ``mqtt://USER:PASSWORD@HOST:1883/PREFIX``, or ``mqtts://`` for an encrypted connection, with the usual port
            8883. All topics begin with the prefix, by default ``rxvlm``.
        discovery: The prefix of the topics that announce devices to Home Assistant; None: devices are not announced.
        ledgers: The ledgers of the cameras, by name; the mapping may change. They say which cameras there are, and
            whether each is connected. A camera without a ledger is announced with its first answer.
        rules: The rules that make the events. Another rule is announced with its first event; Home Assistant may miss
            this event.

    Returns:
        A sink for `rxvlm.operators.to`; it has begun to connect.

    Raises:
        MissingPartError: If paho-mqtt is not installed: ``pip install 'rxvlm[mqtt]'``.
        TypeError: If an argument is of the wrong type.
        ValueError: If the address or ``discovery`` is malformed; the message has no secrets.
    """
    broker = BrokerAddress.parsed(url)
    if discovery is not None and not isinstance(discovery, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"discovery is the beginning of topics, such as 'homeassistant', not {describe(discovery)}")
    return MqttSink(broker, discovery and checked_topic(discovery, "discovery"), ledgers, tuple(rules))
