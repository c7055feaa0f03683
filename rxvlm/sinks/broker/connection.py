"""Connection: to an MQTT broker that may be down at the start, die, and come back without its memory."""

from __future__ import annotations

import logging
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from rxvlm.concurrency.threads import daemon
from rxvlm.errors import MissingPartError, OverflowedError, RxvlmError
from rxvlm.sinks.broker.address import BrokerAddress
from rxvlm.sinks.broker.topics import availability

if TYPE_CHECKING:
    from paho.mqtt.client import Client

_log = logging.getLogger("rxvlm")

MOST_WAITING: Final = 1000  # events that the broker has not acknowledged
CLOSE_SECONDS: Final = 5.0  # for what waits at the end; `rxo.to` allows 10
_END_SECONDS: Final = 1.5  # for the client's thread, which looks once a second
_KEEPALIVE: Final = 30  # seconds
_RETRY_SECONDS: Final = (1, 30)  # between two tries to connect: the first wait, and the longest
_LOOK_SECONDS: Final = 0.05
_AT_LEAST_ONCE: Final = 1  # MQTT's quality of service

_ONLINE: Final = "online"
_OFFLINE: Final = "offline"


class Connection:
    """Keeps a connection to a broker, and what is retained there right.

    What is retained is sent with quality of service 0, and all of it again with each new connection: so nothing old
    is ever sent after something new. Events are sent with 1: the client sends them until the broker has acknowledged
    them. Its thread is the MQTT client's own.

    Args:
        broker: Where the broker is.
        birth: The topic at which Home Assistant says that it is there; None: nothing is listened to.

    Raises:
        MissingPartError: If paho-mqtt is not installed.
    """

    def __init__(self, broker: BrokerAddress, birth: str | None) -> None:
        self._broker, self._birth = broker, birth
        self._availability = availability(broker.prefix)
        self._lock = threading.Lock()
        self._retained: dict[str, str | bytes] = {}  # the newest of each topic, in the order of their first
        self._forgotten: set[str] = set()  # what the topics begin with at which nothing old is kept
        self._connected = False
        self._why = ""  # why there is no connection
        self._waiting: set[int] = set()  # messages that are not acknowledged, by their numbers
        self._acknowledged: deque[int] = deque()  # numbers of messages of either kind, to be taken off those that wait
        self._client = self._made()
        self._client.connect_async(broker.host, broker.port, keepalive=_KEEPALIVE)
        self._client.loop_start()

    @property
    def waiting(self) -> int:
        """How many events the broker has not acknowledged."""
        with self._lock:
            return self._settle()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._connected

    def retain(self, topic: str, payload: str | bytes) -> None:
        """Let the broker keep a payload as the newest of its topic, now or when it is back."""
        with self._lock:
            self._retained[topic] = payload
            self._publish(topic)

    def forget(self, base: str) -> None:
        """Let the broker keep nothing below a topic any more, not even what an earlier run left there.

        It is done when the broker has acknowledged a last message, which it does after it has sent what it had kept.
        """
        with self._lock:
            self._forgotten.add(f"{base}/")
            for topic in [topic for topic in self._retained if topic.startswith(f"{base}/")]:
                self._retained[topic] = b""
                self._publish(topic)
            if self._connected:
                self._client.subscribe(f"{base}/#")
            self._waiting.add(self._client.publish(f"{base}/forgotten", qos=_AT_LEAST_ONCE).mid)

    def send(self, topic: str, payload: str) -> None:
        """Send a payload that is not retained, now or when the broker is back.

        Raises:
            OverflowedError: If too many wait for that.
        """
        with self._lock:
            if self._settle() >= MOST_WAITING:
                raise OverflowedError(f"{self._broker.safe} has not taken the last {MOST_WAITING} events")
            self._waiting.add(self._client.publish(topic, payload, qos=_AT_LEAST_ONCE).mid)

    def check(self) -> None:
        """Wait until the broker has taken everything.

        Raises:
            RxvlmError: If it has not within some seconds; the message says why.
        """
        self._wait(time.monotonic() + CLOSE_SECONDS, lambda: bool(self._why) or (self._connected and not self.waiting))
        if self._why or not self._connected or self.waiting:
            with self._lock:
                self._waiting.clear()  # they were reported: `close` need not wait for them
            raise RxvlmError(self._why or f"{self._broker.safe} does not answer")

    def close(self) -> tuple[int, bool]:
        """Send what waits, say that the sink is offline, and disconnect.

        Returns:
            How many events were lost, and whether the broker got all that is retained.
        """
        until = time.monotonic() + CLOSE_SECONDS
        self._wait(until, lambda: not self.waiting and (self._connected or bool(self._why)))
        lost = self.waiting
        with self._lock:
            reached = self._connected
            if reached:
                info = self._client.publish(self._availability, _OFFLINE, qos=_AT_LEAST_ONCE, retain=True)
                self._waiting.add(info.mid)
                self._connected = False  # what is published from now on would come after it
        self._wait(until + 1, lambda: self.waiting <= lost or not self._client.is_connected())
        self._client.on_connect_fail = None  # nothing is tried again
        self._client.disconnect()
        ending = daemon("rxvlm-mqtt-end")(self._end)
        ending.start()
        ending.join(_END_SECONDS)
        return lost, reached

    def _made(self) -> Client:
        try:
            from paho.mqtt.client import Client  # an extra; and late, since few runs need it
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise MissingPartError("the sink mqtt needs paho-mqtt: pip install 'rxvlm[mqtt]'") from error
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"rxvlm-{uuid4().hex[:16]}")
        client.max_inflight_messages_set(0)  # without a bound, as `send` has one
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(*_RETRY_SECONDS)
        if self._broker.tls:
            client.tls_set_context(ssl.create_default_context())  # pyright: ignore[reportUnknownMemberType] - paho leaves the type of the context open
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, self._broker.password)
        client.will_set(self._availability, _OFFLINE, qos=_AT_LEAST_ONCE, retain=True)
        client.on_connect, client.on_connect_fail = self._on_connect, self._on_connect_fail
        client.on_disconnect, client.on_message = self._on_disconnect, self._on_message
        client.on_publish = self._on_publish
        return client

    def _publish(self, topic: str) -> None:
        """Send what is retained at a topic, if there is a connection; nothing deletes it. Called with the lock held."""
        self._settle()
        if self._connected:
            self._client.publish(topic, self._retained[topic], retain=True)

    def _end(self) -> None:
        """Join the client's thread, which may be stuck for a while in an attempt to connect, and ends after that."""
        self._client.loop_stop()

    def _settle(self) -> int:
        """Take what was acknowledged off the messages that wait; return how many are left. Called with the lock held.

        Before each message is sent, so that no number is found here that belongs to an older message.
        """
        while self._acknowledged:
            self._waiting.discard(self._acknowledged.popleft())
        return len(self._waiting)

    def _wait(self, until: float, done: Callable[[], bool]) -> None:
        while not done() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def _send_all(self) -> None:
        """Send all that is retained, and last that the sink is there. Called with the lock held."""
        for topic in self._retained:
            self._publish(topic)
        if self._connected:
            self._client.publish(self._availability, _ONLINE, retain=True)

    def _on_connect(self, client: Client, _data: object, _flags: object, reason: Any, _properties: object) -> None:  # noqa: ANN401 - paho's ReasonCode, which is not loaded
        if reason.is_failure:
            self._tell(f"refuses the connection: {reason}")
            return
        for topic in (self._availability, self._birth):
            if topic is not None:
                client.subscribe(topic, _AT_LEAST_ONCE)
        with self._lock:
            for base in self._forgotten:
                client.subscribe(f"{base}#")
            if self._why:
                _log.warning("%s is connected again", self._broker.safe)
            self._connected, self._why = True, ""
            self._send_all()

    def _on_message(self, _client: object, _data: object, message: Any) -> None:  # noqa: ANN401 - paho's MQTTMessage
        with self._lock:
            if message.topic == self._birth and message.payload == _ONLINE.encode() and not message.retain:
                self._send_all()
            elif message.topic == self._availability:
                self._contradict(message)
            elif message.retain and message.payload and message.topic.startswith(tuple(self._forgotten)):
                self._retained.setdefault(message.topic, b"")
                self._publish(message.topic)

    def _contradict(self, message: Any) -> None:  # noqa: ANN401 - paho's MQTTMessage
        """Say that the sink is there, after another one with the same prefix said that it is not, at its end."""
        if self._connected and message.payload == _OFFLINE.encode() and not message.retain:
            self._client.publish(self._availability, _ONLINE, retain=True)

    def _on_publish(self, _client: object, _data: object, number: int, _reason: object, _properties: object) -> None:
        # Without the lock: the client holds one of its own here, which `send` waits for while it holds ours.
        self._acknowledged.append(number)

    def _on_disconnect(self, *_what: object) -> None:
        with self._lock:
            was, self._connected = self._connected, False
        if was:
            self._tell("is lost")

    def _on_connect_fail(self, _client: object, _data: object) -> None:
        error = sys.exception()
        self._tell(f"cannot be reached: {error}")

    def _tell(self, what: str) -> None:
        """Log that the broker is away, once until it is back."""
        told, self._why = bool(self._why), f"{self._broker.safe} {what}"
        if not told:
            with suppress(Exception):  # a handler of the user's must not end the client's thread
                _log.warning("%s; trying again", self._why)
