"""BrokerAddress: where an MQTT broker is, and the prefix of the topics there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from rxvlm.arguments import describe
from rxvlm.sinks.broker.topics import DEFAULT_PREFIX
from rxvlm.uri import safe_address

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_LONGEST: Final = 200  # bytes of a prefix; a topic may have 65535
_WRITTEN: Final = "mqtt://USER:PASSWORD@HOST:1883/PREFIX"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where an MQTT broker is.

    Attributes:
        host: Its name or address.
        port: Its port, 1 to 65535.
        tls: Whether the connection is encrypted.
        user: The user's name; None to log in without one.
        password: The password; never shown.
        prefix: What all topics of the sink begin with.
        safe: The address without its secrets, to be shown.
    """

    host: str
    port: int
    tls: bool
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    prefix: str
    safe: str

    @staticmethod
    def parsed(url: str) -> BrokerAddress:
        """Parse ``mqtt://user:pw@host:1883/prefix`` or ``mqtts://...``.

        >>> BrokerAddress.parsed("mqtts://user:pw@broker/home/cameras")
        BrokerAddress(host='broker', port=8883, tls=True, prefix='home/cameras', safe='mqtts://broker/home/cameras')

        Raises:
            TypeError: If it is not a string.
            ValueError: If it is malformed; the message has no secrets.
        """
        if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
            raise TypeError(f"the address of a broker is a string, as in {_WRITTEN}, not {describe(url)}")
        safe = safe_address(url)
        try:
            parts = urlsplit(url)
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError:  # its message may quote a password
            raise ValueError(f"{safe} is not an address of a broker; it is written {_WRITTEN}") from None
        if parts.scheme not in _PORTS or not parts.hostname or port == 0:
            raise ValueError(f"{safe} is not an address of a broker; it is written {_WRITTEN}")
        if parts.query or parts.fragment:
            raise ValueError(f"{safe}: in a user name, password or prefix, write %3F for ? and %23 for #")
        user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
        prefix = checked_topic(unquote(parts.path).strip("/") or DEFAULT_PREFIX, safe)
        secure = parts.scheme == "mqtts"
        return BrokerAddress(parts.hostname, port or _PORTS[parts.scheme], secure, user or None, password, prefix, safe)


def checked_topic(topic: str, where: str) -> str:
    """Return the beginning of a topic, if MQTT allows it.

    >>> checked_topic("home/cameras", "the prefix")
    'home/cameras'

    Raises:
        ValueError: If it has a wildcard or a control character, begins with $, or is too long.
    """
    bad = topic.startswith("$") or any(letter in "+#" or not letter.isprintable() for letter in topic)
    if bad or not topic or "" in topic.split("/") or len(topic.encode(errors="replace")) > _LONGEST:
        raise ValueError(
            f"{where}: {topic!r} cannot begin a topic, which has no +, no #, no empty level, no $ at its beginning, "
            f"and at most {_LONGEST} bytes"
        )
    return topic
