"""Spool: clips as temporary files, kept until their results have been taken."""

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
    """Encode a window as MP4 in the best quality that keeps it within a size limit, scaled down if needed.

    Args:
        window: Its frames are encoded at the size of the first frame; damaged frames are left out.
        limit: Bytes at most.

    Raises:
        DecodeError: If none of its frames can be decoded.
        EncodeError: If x264 fails, or even the smallest picture is over the limit.
    """
    for width, qp in _attempts(window.frames[0].shape[1]):
        clip = encode_film(window, width, qp)
        if clip.size <= limit:
            return clip
        _log.info("%r is over %d bytes: it is encoded again, more coarsely", clip, limit)
    raise EncodeError(f"{window!r} cannot be encoded within {limit} bytes")


def _attempts(width: int) -> Iterator[tuple[int, int]]:
    """Return widths and quantisers to try: first coarser quantisers, then smaller widths."""
    for qp in QUANTISERS:
        yield width, qp
    while width > SMALLEST:
        width //= 2
        yield width, QUANTISERS[-1]


class Spool:
    """Write clips to files, and remove them. Any thread may use it.

    The files lie in a folder of their own, which is locked while this process lives. A folder that a
    crash left behind is recognised by its free lock, and removed when the next spool is created.

    Args:
        folder: Where that folder is created; created itself if needed. None: the system's temporary folder.
        keep: Whether to keep the files, in ``folder`` itself, named by camera, time and process.
        free: Returns how many bytes are free on a folder's disk.
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
        """Whether the spool was closed, so that it writes no more."""
        return self._closing.is_set()

    def write(self, clip: Clip) -> Path:
        """Write a clip, with up to `TRIES` attempts, and return the path of its file.

        Raises:
            OSError: If there is not enough space, or the file cannot be written.
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
                _log.warning("writing %s failed and is tried again: %s", name, error)
        raise AssertionError  # the last attempt returns or raises

    def remove(self, path: str | Path) -> None:
        """Remove a file, unless files are kept; a missing file is not an error."""
        if not self._keep:
            with suppress(OSError):
                Path(path).unlink()

    def close(self) -> None:
        """Remove all files, unless they are kept; a write that fails now is not tried again."""
        self._closing.set()
        with self._lock:
            self._discard()

    def _write(self, clip: Clip, name: str) -> Path:
        folder = self._folder()
        free = self._free(folder)
        if free < clip.size + SPARE_BYTES:
            raise OSError(
                errno.ENOSPC,
                f"{clip.size / 1e6:.1f} MB must be written and {SPARE_BYTES / 1e6:g} MB must stay free, but only "
                f"{free / 1e6:.1f} MB are free",
                str(folder),
            )
        path = folder / name
        clip.save(path)
        if self.closed:  # while it was written, so `close` did not remove this file
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
    """Remove the folders of processes that have ended without removing them; return how many.

    Args:
        folder: The ``folder`` of these spools. What cannot be read or removed is left there.
    """
    swept = 0
    for owner in Path(folder or tempfile.gettempdir()).glob(f"{_PREFIX}*/{_OWNER}"):
        with suppress(OSError), owner.open("r+") as file:
            if _is_left(file, owner.parent):
                shutil.rmtree(owner.parent)
                swept += 1
    return swept


def _locked_folder(root: Path) -> tuple[Path, IO[str]]:
    """Create and lock a folder; try again if another process swept it before it was locked."""
    for _ in range(TRIES):
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))
        owner = (folder / _OWNER).open("x")
        with suppress(OSError):  # on a disk without locks, the process number in the name identifies the owner
            if not _lock(owner) or not (folder / _OWNER).exists():
                owner.close()
                continue
        return folder, owner
    raise OSError(errno.EBUSY, "no folder can be locked", str(root))


def _is_left(owner: IO[str], folder: Path) -> bool:
    """Return whether a folder's process has ended. The lock shows it: process numbers are reused, locks are not."""
    try:
        return _lock(owner)
    except OSError:
        return not psutil.pid_exists(int(folder.name.removeprefix(_PREFIX).split("-")[0]))


def _lock(owner: IO[str]) -> bool:
    """Lock a file until it is closed; return False if another process has locked it.

    Raises:
        OSError: If the system or the disk has no locks.
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
