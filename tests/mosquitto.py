"""A real MQTT broker, Mosquitto, that can be killed and started again on its port; and a subscriber of all topics."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def skip_without_mosquitto() -> None:
    """Skip a module where there is no Mosquitto, or no client of it; ``.ci/run`` has both."""
    if "RXVLM_NEEDS_MOSQUITTO" not in os.environ and not Path(PROGRAM).exists():
        pytest.skip("no mosquitto here", allow_module_level=True)


@dataclass
class Mosquitto:
    """A broker on loopback.

    Attributes:
        folder: Where its files are.
        options: Lines of its configuration, beside the port.
        remembers: Whether it keeps what it knows when it is stopped; if it is killed, it forgets everything.
        port: Its port; the same each time that it is started.
    """

    folder: Path
    options: tuple[str, ...] = ("allow_anonymous true",)
    remembers: bool = False
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        if self.remembers:
            self.options += ("persistence true", f"persistence_location {self.folder}/")

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        lines = [f"listener {self.port} 127.0.0.1", f"user {getpass.getuser()}", *self.options]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines), encoding="utf-8")
        command = [PROGRAM, "-c", str(self.folder / "mosquitto.conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + WATCHDOG
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert self.process.poll() is None, "mosquitto ended"
            time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        self.end(signal.SIGTERM)

    def end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None


@dataclass(frozen=True)
class Message:
    """What a subscriber got; ``retained`` only of what the broker had kept before it came."""

    topic: str
    payload: bytes
    retained: bool

    @property
    def text(self) -> str:
        return self.payload.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


@dataclass
class Subscriber:
    """Subscribes to all topics of a broker, and keeps what it gets. It connects again by itself.

    A broker that remembers it keeps messages for it meanwhile.

    Attributes:
        heard: All messages, in order.
    """

    port: int
    user: tuple[str, str] | None = None
    heard: list[Message] = field(default_factory=list[Message])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.client = Client(CallbackAPIVersion.VERSION2, client_id=f"test-{id(self)}", clean_session=False)
        if self.user is not None:
            self.client.username_pw_set(*self.user)
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message
        self.client.on_subscribe = lambda *_rest: self.publish("test/ready", "now")
        self.client.connect_async("127.0.0.1", self.port)
        self.client.loop_start()
        self.until(lambda: any(message.topic == "test/ready" for message in self.heard))

    def on_connect(self, client: Any, *_rest: Any) -> None:
        client.subscribe("#", 1)

    def on_message(self, _client: Any, _data: Any, message: Any) -> None:
        with self.changed:
            self.heard.append(Message(message.topic, message.payload, bool(message.retain)))
            self.changed.notify_all()

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of what was heard."""
        with self.changed:
            assert self.changed.wait_for(holds, WATCHDOG), [(one.topic, one.payload[:60]) for one in self.heard]

    def until_at(self, topic: str, payload: str) -> None:
        """Wait until the newest payload of a topic is so."""
        self.until(lambda: topic in self.newest and self.newest[topic].payload == payload.encode())

    @property
    def newest(self) -> Mapping[str, Message]:
        """The newest message of each topic."""
        return {message.topic: message for message in self.heard}

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def certificate(folder: Path) -> Path:
    """Write a key and a certificate for loopback, signed with the key, as one file that only its owner may read."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "broker.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    )
    return path
