from __future__ import annotations

import socket

import httpx
import pytest

from rxvlm.metrics import Metrics
from rxvlm.metrics.server import parsed_listen

pytestmark = pytest.mark.usefixtures("no_threads_left")


def get(url: str, host: str) -> httpx.Response:
    return httpx.get(url, headers={"Host": host}, trust_env=False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:9464", "LOCALHOST:80"])
def test_a_request_to_this_machine_is_answered(host: str) -> None:
    """Every name that a machine has for itself is taken."""
    with Metrics().serve("0") as server:
        assert get(server.url, host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1", "[::1", "a b", "x.localhost"],
)
def test_a_request_by_another_name_is_refused(host: str) -> None:
    """A page that has led its own name to this machine reads nothing."""
    with Metrics().serve("127.0.0.1:0") as server:
        answer = get(server.url, host)
        assert answer.status_code == 403
        assert "rxvlm_" not in answer.text


def test_a_server_for_others_takes_its_addresses_and_its_name() -> None:
    """Where others may connect, any address is taken, the machine's own name, and no other name."""
    with Metrics().serve("0.0.0.0:0") as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        hosts = ("192.0.2.1:9464", socket.gethostname(), "evil.example")
        assert [get(url, host).status_code for host in hosts] == [200, 200, 403]


def test_a_host_that_was_named_is_taken() -> None:
    """A name that the user listens at is this server's name."""
    with Metrics().serve("localhost:0") as server:
        assert server.url.startswith("http://localhost:")
        assert httpx.get(server.url, trust_env=False).status_code == 200


def test_a_port_in_use_is_an_error_that_says_so() -> None:
    """The message names the address; the first server goes on."""
    with Metrics().serve("0") as server:
        port = httpx.URL(server.url).port
        with pytest.raises(OSError, match=f"^metrics cannot be served at {port}: Address already in use$"):
            Metrics().serve(str(port))
        assert httpx.get(server.url, trust_env=False).status_code == 200


def test_a_closed_server_has_left_its_port() -> None:
    """The same port can be listened at again at once."""
    server = Metrics().serve("0")
    port = httpx.URL(server.url).port
    server.close()
    with Metrics().serve(f"127.0.0.1:{port}") as again:
        assert httpx.get(again.url, trust_env=False).status_code == 200


@pytest.mark.parametrize("listen", ["", "x", "70000", "http://x:1", "a b:1", ":1", "::1:9", "1:2:3"])
def test_a_malformed_address_is_an_error(listen: str) -> None:
    """What is no PORT or HOST:PORT is refused."""
    with pytest.raises(ValueError, match="as in 9464"):
        parsed_listen(listen)


def test_a_host_that_is_unknown_is_an_error() -> None:
    """A name that cannot be found is told."""
    with pytest.raises(OSError, match=r"metrics cannot be served at no-such-host\.invalid:1"):
        Metrics().serve("no-such-host.invalid:1")
