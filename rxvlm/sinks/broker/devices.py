"""Devices: what is published about each camera, and when."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from rxvlm import __version__
from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.ledger.states import FLOWING
from rxvlm.rules import AnyRule
from rxvlm.rules.scope import is_about
from rxvlm.sinks.broker.connection import Connection
from rxvlm.sinks.broker.home_assistant import EVENT_TYPES, config_topic, device_config
from rxvlm.sinks.broker.payloads import age_in_seconds, attributes_of, occurrence_of, state_of
from rxvlm.sinks.broker.topics import Topics
from rxvlm.sinks.jsonl import json_line
from rxvlm.sinks.newest_picture import newest_picture

_STATES: Final = {True: "ON", False: "OFF"}
_AGE_SECONDS: Final = 30.0  # between two ages of a camera about which nothing is answered


@dataclass(slots=True)
class _Device:
    """What was published about one camera."""

    topics: Topics
    rules: list[str] = field(default_factory=list[str])
    connected: bool | None = None
    captured: float | None = None  # when the end of the newest answer's clip was filmed
    age_told: float = 0.0  # when its age was published


class Devices:
    """Publishes what becomes of each camera. Any thread may call it.

    Args:
        connection: To the broker.
        prefix: What all topics begin with.
        discovery: The prefix of the topics that announce devices to Home Assistant; None: devices are not announced.
        rules: Those that make the events.
    """

    def __init__(self, connection: Connection, prefix: str, discovery: str | None, rules: Collection[AnyRule]) -> None:
        self._connection, self._prefix, self._discovery = connection, prefix, discovery
        self._rules = rules
        self._lock = threading.RLock()
        self._devices: dict[str, _Device] = {}
        self._unsent = 0  # answers since the broker is away
        if any(is_about(rule, "") for rule in rules):
            self._device("")

    def take(self, item: Analysis | Event, now: float) -> None:
        """Publish an answer, or what an event says.

        Args:
            item: A failed call is left out: it is no answer. So are answers that are meant to cause nothing.
            now: Seconds since 1970 (UTC).

        Raises:
            OverflowedError: If it is an event, and too many wait for the broker.
        """
        with self._lock:
            if isinstance(item, Event):
                self._take_event(item)
            elif item.error is None and not item.marks:
                self._unsent = 0 if self._connection.connected else self._unsent + 1
                self._take_answer(item, now)

    def close(self) -> int:
        """Close the connection; return how many answers, and starts and ends of events, the broker never got."""
        lost, reached = self._connection.close()
        return lost if reached else lost + self._unsent

    def look(self, ledgers: Mapping[str, Ledger], now: float) -> None:
        """Publish which cameras there are, whether each is connected, and the age of an answer that grows old.

        Args:
            ledgers: Those of the cameras, by name.
            now: Seconds since 1970 (UTC).
        """
        with self._lock:
            known = dict(ledgers)
            left = [name for name, device in self._devices.items() if device.connected and name not in known]
            for name in [*known, *left]:
                device, connected = self._device(name), name in known and known[name].snapshot().state in FLOWING
                if connected is not device.connected:
                    device.connected = connected
                    self._connection.retain(f"{device.topics.base}/connected", _STATES[connected])
            for device in self._devices.values():
                if device.captured is not None and now - device.age_told >= _AGE_SECONDS:
                    self._publish_age(device, now - device.captured, now)

    def forget(self, camera: str) -> None:
        """Delete a camera's device, and all that is retained of it."""
        with self._lock:
            device = self._devices.pop(camera, None) or _Device(Topics(self._prefix, camera))
            if self._discovery is not None:
                self._connection.retain(config_topic(self._discovery, device.topics), b"")
            self._connection.forget(device.topics.base)

    def _take_answer(self, analysis: Analysis, now: float) -> None:
        device = self._device(analysis.clip.source)
        base, retain = device.topics.base, self._connection.retain
        if (picture := newest_picture(analysis)) is not None:
            retain(f"{base}/picture", picture)
        retain(f"{base}/answer/attributes", attributes_of(analysis))
        retain(f"{base}/answer", state_of(analysis))
        device.captured = analysis.clip.captured
        self._publish_age(device, analysis.age, now)

    def _take_event(self, event: Event) -> None:
        device = self._device(event.camera, event.name)
        at = device.topics.rule(event.name)
        self._connection.retain(f"{at}/attributes", attributes_of(event))
        self._connection.retain(at, _STATES[event.phase != "end"])
        if event.phase in EVENT_TYPES:
            self._connection.send(f"{at}/event", occurrence_of(event))

    def _publish_age(self, device: _Device, age: float | None, now: float) -> None:
        device.age_told = now
        self._connection.retain(f"{device.topics.base}/age", age_in_seconds(age))

    def _device(self, camera: str, rule: str | None = None) -> _Device:
        """Return the device of a camera; announce it, and a rule, if that has not been done."""
        device = self._devices.get(camera)
        if device is None:
            told = [one.name for one in self._rules if is_about(one, camera)]
            device = self._devices[camera] = _Device(Topics(self._prefix, camera), told)
            self._announce(device, told if rule is None or rule in told else [*told, rule])
        elif rule is not None and rule not in device.rules:
            self._announce(device, [rule])
        return device

    def _announce(self, device: _Device, rules: Collection[str]) -> None:
        """Describe a device, with rules that do not hold yet."""
        device.rules = list(dict.fromkeys([*device.rules, *rules]))
        if self._discovery is not None:
            config = device_config(device.topics, device.rules, __version__)
            self._connection.retain(config_topic(self._discovery, device.topics), json_line(config).rstrip("\n"))
        for name in rules:
            self._connection.retain(device.topics.rule(name), _STATES[False])
