"""What can be read only once: stdin, FIFOs, and TCP connections. Each is played as a film, once and in full."""

from __future__ import annotations

import io
import os
import select
import socket
import stat
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit

from av.error import FFmpegError

from rxvlm.errors import NoVideoError, SourceError, SourceRefusedError, SourceTimeoutError
from rxvlm.frame import Frame
from rxvlm.sources.file import frames_of_file
from rxvlm.sources.film import film_in, frames_of_film
from rxvlm.sources.opening import attempt, open_container
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.host import no_such_host
from rxvlm.uri import Address

OPEN_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.2  # between two looks at the end of the session while nothing comes
_STDIN: Final = 0


def frames_of_stdin(name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read the film that another program writes into stdin, or the file that stdin is.

    Raises:
        NoVideoError: If stdin is a terminal, or there is no video in it.
        SourceError: If it cannot be read; a subclass says why.
    """
    if stat.S_ISREG(os.fstat(_STDIN).st_mode):
        yield from frames_of_file(Path("/dev/stdin"), name, width, session)
        return
    if os.isatty(_STDIN):
        raise NoVideoError("stdin is a terminal; write a video into it: ffmpeg ... -f mpegts - | rxvlm watch -", "-")
    yield from _frames_of(_STDIN, "stdin", name=name, width=width, session=session)


def frames_of_fifo(path: Path, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read the film that another program writes into a FIFO; wait for that program.

    Raises:
        NoVideoError: If there is no video in it.
        SourceError: If it cannot be read; a subclass says why.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # without waiting for a writer, which may never come
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror}", str(path)) from None
    try:
        yield from _frames_of(opened, str(path), name=name, width=width, session=session)
    finally:
        os.close(opened)


def frames_of_tcp(where: Address, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read the film that a TCP server sends; with ``?listen`` in the address, that a client sends.

    Raises:
        NoVideoError: If there is no video in it.
        SourceError: If it cannot be reached or read; a subclass says why.
    """
    peer = _listen(where, session) if "listen" in _settings(where) else _connect(where)
    if peer is not None:
        with closing(peer):
            yield from _frames_of(peer.fileno(), where.safe, name=name, width=width, session=session)


def _settings(where: Address) -> dict[str, list[str]]:
    return parse_qs(urlsplit(where.target).query, keep_blank_values=True)


def _host_and_port(where: Address) -> tuple[str, int]:
    parts = urlsplit(where.target)
    if parts.port is None:
        raise SourceError(f"{where.safe} has no port in it", where.safe)
    return parts.hostname or "", parts.port


def _connect(where: Address) -> socket.socket:
    try:
        return socket.create_connection(_host_and_port(where), OPEN_SECONDS)
    except ConnectionRefusedError:
        raise SourceRefusedError(f"{where.safe} refuses the connection", where.safe) from None
    except TimeoutError:
        raise SourceTimeoutError(f"{where.safe} did not answer within {OPEN_SECONDS:g} s", where.safe) from None
    except OSError as error:
        unknown = no_such_host(where) if isinstance(error, socket.gaierror) else None
        raise unknown or SourceError(f"{where.safe} cannot be reached: {error.strerror}", where.safe) from None


def _listen(where: Address, session: Session) -> socket.socket | None:
    """Return the first connection that comes; None if the session ends before."""
    try:
        server = socket.create_server(_host_and_port(where))
    except OSError as error:
        raise SourceError(f"{where.safe} cannot be listened at: {error.strerror}", where.safe) from None
    with closing(server):
        session.state("connecting")
        return server.accept()[0] if _readable(server.fileno(), session) else None


def _frames_of(fd: int, where: str, *, name: str, width: int | None, session: Session) -> Generator[Frame]:
    container = attempt(partial(open_container, cast("str", _Reader(fd, session)), options={}))
    if isinstance(container, FFmpegError):
        raise NoVideoError(f"{where} sends nothing that is video", where)
    with container:
        yield from frames_of_film(film_in(container, where), where, name=name, width=width, session=session)


class _Reader:
    """What FFmpeg reads from: bytes as they come, until they end or the session does."""

    def __init__(self, fd: int, session: Session) -> None:
        self._fd, self._session = fd, session

    def read(self, size: int = io.DEFAULT_BUFFER_SIZE) -> bytes:
        """Return some bytes; none at the end."""
        return os.read(self._fd, size) if _readable(self._fd, self._session) else b""


def _readable(fd: int, session: Session) -> bool:
    """Wait until there is something to read, or the end of it; return False if the session ends before."""
    while not session.ending:
        if select.select([fd], [], [], _LOOK_SECONDS)[0]:
            return True
    return False
