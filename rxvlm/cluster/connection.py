"""connect: the connection to Ray, which several streams of a process share; the last one to leave ends it."""

from __future__ import annotations

import threading

from rxvlm.cluster.engine import Engine, Ray

_lock = threading.Lock()
_users = 0
_shared: Ray | None = None


def connect(address: str | None) -> Engine:
    """Connect to Ray, or share the connection that there is.

    Args:
        address: As of `Ray`.

    Raises:
        ConnectionError: If there is none at the address.
    """
    global _shared, _users  # noqa: PLW0603 - Ray has one connection for each process
    with _lock:
        if _shared is None:
            _shared = Ray(address)
        _users += 1
        return _shared


def leave() -> None:
    """Leave; the last one ends the connection, if it was made here."""
    global _shared, _users  # noqa: PLW0603 - as above
    with _lock:
        _users -= 1
        if not _users and _shared is not None:
            _shared.close()
            _shared = None
