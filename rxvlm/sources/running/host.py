"""Whether there is a host of such a name; FFmpeg calls it an input/output error if there is none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from rxvlm.concurrency.timers import TIMERS
from rxvlm.errors import SourceNotFoundError
from rxvlm.uri import Address

LOOKUP_SECONDS: Final = 1.0


def no_such_host(
    where: Address,
    resolve: Callable[[str, None], object] = socket.getaddrinfo,
    seconds: float = LOOKUP_SECONDS,
) -> SourceNotFoundError | None:
    """Give the error of a camera whose host is not known; None if it is, or if nobody can tell in time.

    Args:
        where: The camera's address.
        resolve: Looks a name up, on another thread: it cannot be told to stop.
        seconds: How long to wait for it.
    """
    host = urlsplit(where.safe).hostname or ""
    wrong: list[str] = []
    looked = threading.Event()

    def look(_scheduler: object, _state: object) -> None:
        try:
            resolve(host, None)
        except socket.gaierror as error:
            later = error.errno == socket.EAI_AGAIN
            wrong.append(f"no name server answers about {host}" if later else f"no such host: {host}")
        except (OSError, UnicodeError):  # no name that a host could have
            wrong.append(f"no such host: {host}")
        looked.set()

    TIMERS.schedule(look)
    looked.wait(seconds)
    return SourceNotFoundError(f"{where.safe} cannot be reached ({wrong[0]})", where.safe) if wrong else None
