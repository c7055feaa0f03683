"""Find out whether a host name is unknown: FFmpeg only reports an input/output error then."""

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
    """Return the error for a camera whose host name is unknown; None if it is known, or no answer came in time.

    Args:
        where: The camera's address.
        resolve: Looks up a name. It runs on another thread, because a lookup cannot be cancelled.
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
        except (OSError, UnicodeError):  # not a valid host name
            wrong.append(f"no such host: {host}")
        looked.set()

    TIMERS.schedule(look)
    looked.wait(seconds)
    return SourceNotFoundError(f"{where.safe} cannot be reached ({wrong[0]})", where.safe) if wrong else None
