"""sd_notify: sockets of each kind, and a watchdog that is another process's."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

import pytest
from conftest import WATCHDOG

from rxvlm.service.systemd import Notifier


def test_an_abstract_socket() -> None:
    """Its name begins with @, which stands for a byte of zero."""
    name = f"rxvlm-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(WATCHDOG)
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready("two\nlines")
        assert manager.recv(4096) == b"READY=1\nSTATUS=two lines"


def test_a_manager_that_has_gone_harms_nothing(tmp_path: Path) -> None:
    """Neither a socket that is not there, nor one without a reader, nor one that is full."""
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "none")}).alive()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(1000):
            notifier.alive()
    notifier.alive()


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_a_sign_of_life_is_due_at_half_of_what_is_allowed(variables: dict[str, str], seconds: float | None) -> None:
    """None if nobody waits for one, or for one of another process."""
    assert Notifier(variables).watchdog_seconds == seconds
