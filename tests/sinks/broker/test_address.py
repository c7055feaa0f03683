from __future__ import annotations

import sys

import pytest

from rxvlm.errors import MissingPartError
from rxvlm.sinks import mqtt, sink_from
from rxvlm.sinks.broker.address import BrokerAddress


def test_an_address_has_defaults() -> None:
    """Without a port, a prefix and a login, there are the usual ones."""
    broker = BrokerAddress.parsed("mqtt://host")
    assert (broker.host, broker.port, broker.tls, broker.prefix, broker.user, broker.password) == (
        "host", 1883, False, "rxvlm", None, None,
    )  # fmt: skip


def test_a_login_may_hold_anything_that_is_written_in_codes() -> None:
    """Delimiters in a user name, a password or a prefix are written with a percent sign."""
    broker = BrokerAddress.parsed("mqtts://a%40b:p%2F%23%3Aw@[::1]:1/gar%20den/")
    assert (broker.user, broker.password, broker.host, broker.port, broker.prefix) == (
        "a@b", "p/#:w", "::1", 1, "gar den",
    )  # fmt: skip
    assert "p/#" not in repr(broker)
    assert "p%2F" not in repr(broker)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://ann:s3cret@host", "is not an address of a broker"),
        ("mqtt://", "is not an address of a broker"),
        ("mqtt://ann:s3cret@host:x", "is not an address of a broker"),
        ("mqtt://ann:s3cret@host:0", "is not an address of a broker"),
        (f"mqtt://ann:s3cret@{'h' * 64}", "is not an address of a broker"),
        ("mqtt://ann:s3cret#@host", "is not an address of a broker"),
        ("mqtt://ann:s3cret@host/a+b", "cannot begin a topic"),
        ("mqtt://ann:s3cret@host/$SYS", "cannot begin a topic"),
        ("mqtt://ann:s3cret@host/a//b", "cannot begin a topic"),
        ("mqtt://ann:s3cret@host/a%00b", "cannot begin a topic"),
        (f"mqtt://ann:s3cret@host/{'a' * 201}", "cannot begin a topic"),
        ("mqtt://ann:s3cret@host/a#b", "%23"),
    ],
)
def test_a_wrong_address_is_an_error(url: str, says: str) -> None:
    """An address that is no broker's is refused at once, without its password."""
    with pytest.raises(ValueError, match=says) as refused:
        mqtt(url)
    assert "s3cret" not in str(refused.value)


def test_discovery_is_the_beginning_of_topics() -> None:
    """A wildcard in it is refused, and so is what is no text."""
    with pytest.raises(ValueError, match="discovery: 'home/#' cannot begin a topic"):
        mqtt("mqtt://host", discovery="home/#")
    with pytest.raises(TypeError, match="discovery is the beginning of topics"):
        mqtt("mqtt://host", discovery=True)  # pyright: ignore[reportArgumentType] - that is the point


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without paho-mqtt the error says what to install; the command line's way, too."""
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    for make in (mqtt, sink_from):
        with pytest.raises(MissingPartError, match=r"pip install 'rxvlm\[mqtt\]'"):
            make("mqtt://127.0.0.1:9")
