"""Destinations: the log says, once for each host, that clips leave this machine for it."""

from __future__ import annotations

import logging
import os
import threading
from typing import Final
from urllib.parse import urlsplit

from rxvlm.network.hosts import is_this_machine

_log = logging.getLogger("rxvlm")
_lock: Final = threading.Lock()
_told: Final[set[tuple[int, str]]] = set()  # (process, host); a forked child tells its own user again


def note_destination(url: str) -> None:
    """Warn in the log, once per host and process, that clips go to a host that is not this machine.

    Call it before a clip is sent.

    Args:
        url: The address that the clip is sent to.
    """
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    with _lock:
        known = (os.getpid(), host)
        if known in _told or is_this_machine(host):
            return
        _told.add(known)
    _log.warning("clips go to %s", host)
