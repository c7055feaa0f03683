"""Spool: clips as files, for as long as somebody may look at them."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

import psutil

from rxvlm.clip import Clip
from rxvlm.concurrency.backoff import Backoff
from rxvlm.errors import EncodeError
from rxvlm.media import mp4
from rxvlm.operators.encoding.film import encode_film
from rxvlm.window import Window

if os.name == "posix":
    import fcntl

TRIES = 3
LIMIT_BYTES = 95_000_000
SPARE_BYTES = 50_000_000
QUANTISERS = (mp4.QP, 31, 37, 43, 51)
SMALLEST = 16
_PREFIX = "rxvlm-spool-"
_OWNER = "owner"
_UNSAFE = re.compile(r"[^\w.-]+")
_numbers = count(1)
_log = logging.getLogger("rxvlm")


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def encode_within(window: Window, limit: int = LIMIT_BYTES) -> Clip:
    """Encode a window as MP4, in the best quality that keeps it within a limit, else smaller.

    Args:
        window: Its frames are encoded at the size of the first; damaged ones are left out.
        limit: Bytes at most.

    Raises:
        DecodeError: If none of its frames can be decoded.
        EncodeError: If x264 refuses, or nothing of any size is within the limit.
    """
    for width, qp in _attempts(window.frames[0].shape[1]):
        clip = encode_film(window, width, qp)
        if clip.size <= limit:
            return clip
        _log.info("%r is over %d bytes: it is made again, with less", clip, limit)
    raise EncodeError(f"{window!r} cannot be held within {limit} bytes")


def _attempts(width: int) -> Iterator[tuple[int, int]]:
    """Give ever coarser quantisers, then ever smaller widths."""
    for qp in QUANTISERS:
        yield width, qp
    while width > SMALLEST:
        width //= 2
        yield width, QUANTISERS[-1]


class Spool:
    """Writes clips to files, and removes them. For any thread.

    Files lie in a folder of their own that is locked as long as this process lives: what
    a crash leaves is known by it, and removed when the next one is made.

    Args:
        folder: Where that is made, and made itself at need; None: the system's for temporary files.
        keep: Whether files are to stay: in ``folder`` itself, called after camera, time and process.
        free: Tells how many bytes are free where a folder is.
    """

    def __init__(
        self, folder: str | Path | None = None, *, keep: bool = False, free: Callable[[Path], int] = _free_bytes
    ) -> None:
        self._root = Path(folder or tempfile.gettempdir())
        self._keep = keep
        self._free = free
        self._lock = threading.Lock()
        self._own: Path | None = None
        self._discard: Callable[[], object] = lambda: None
        self._closing = threading.Event()
        sweep(self._root)

    @property
    def closed(self) -> bool:
        """Whether it was closed, and writes no more."""
        return self._closing.is_set()

    def write(self, clip: Clip) -> Path:
        """Write a clip, if need be in several tries, and give its file.

        Raises:
            OSError: If there is not enough space, or it cannot be written.
        """
        camera = _UNSAFE.sub("_", clip.source)[:60] or "video"
        name = f"{camera}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}-{next(_numbers):06d}.mp4"
        backoff = Backoff()
        for left in reversed(range(TRIES)):
            try:
                return self._write(clip, name)
            except OSError as error:
                if not left or error.errno == errno.ENOSPC or self._closing.wait(backoff.wait()):
                    raise
                _log.warning("%s is tried again: %s", name, error)
        raise AssertionError  # a last try returns or raises

    def remove(self, path: str | Path) -> None:
        """Remove a file that is not to be kept; one that is not there is no error."""
        if not self._keep:
            with suppress(OSError):
                Path(path).unlink()

    def close(self) -> None:
        """Remove everything that is not to be kept; what is being written ends without another try."""
        self._closing.set()
        with self._lock:
            self._discard()

    def _write(self, clip: Clip, name: str) -> Path:
        folder = self._folder()
        free = self._free(folder)
        if free < clip.size + SPARE_BYTES:
            raise OSError(
                errno.ENOSPC,
                f"{clip.size / 1e6:.1f} MB are to be written, {SPARE_BYTES / 1e6:g} MB to stay free, and only "
                f"{free / 1e6:.1f} MB are there",
                str(folder),
            )
        path = folder / name
        clip.save(path)
        if self.closed:  # in the meantime; what was just written came too late to be removed
            shutil.rmtree(folder, ignore_errors=True)
            raise _closed(folder)
        return path.replace(self._root / name) if self._keep else path

    def _folder(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self.closed:
                raise _closed(self._root)
            if self._own is None or not self._own.exists():
                self._own, owner = _locked_folder(self._root)
                self._discard = weakref.finalize(self, _discard, self._own, owner, self._closing)
            return self._own


def sweep(folder: str | Path | None = None) -> int:
    """Remove what spools of processes that are no more have left, and return how many those were.

    Args:
        folder: As the spools had it. What cannot be looked at or removed is left.
    """
    swept = 0
    for owner in Path(folder or tempfile.gettempdir()).glob(f"{_PREFIX}*/{_OWNER}"):
        with suppress(OSError), owner.open("r+") as file:
            if _is_left(file, owner.parent):
                shutil.rmtree(owner.parent)
                swept += 1
    return swept


def _locked_folder(root: Path) -> tuple[Path, IO[str]]:
    """Make a folder, and lock it; one that somebody swept before it was locked is made again."""
    for _ in range(TRIES):
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))
        owner = (folder / _OWNER).open("x")
        with suppress(OSError):  # without locks, the process in its name says whose it is
            if not _lock(owner) or not (folder / _OWNER).exists():
                owner.close()
                continue
        return folder, owner
    raise OSError(errno.EBUSY, "no folder can be locked", str(root))


def _is_left(owner: IO[str], folder: Path) -> bool:
    """Whether a folder's process is no more: numbers of processes are used again, locks are not."""
    try:
        return _lock(owner)
    except OSError:
        return not psutil.pid_exists(int(folder.name.removeprefix(_PREFIX).split("-")[0]))


def _lock(owner: IO[str]) -> bool:
    """Lock a file until it is closed; give whether nobody else has.

    Raises:
        OSError: If there are no locks here.
    """
    if os.name != "posix":
        raise OSError(errno.ENOTSUP, "no locks")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _closed(folder: Path) -> OSError:
    return OSError(errno.ESHUTDOWN, "this spool is closed", str(folder))


def _discard(folder: Path, owner: IO[str], closing: threading.Event) -> None:
    closing.set()
    shutil.rmtree(folder, ignore_errors=True)
    owner.close()
