"""Places: where the sockets of runs are, and the one that a run takes."""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from rxvlm.door.trust import why_not_trusted

if os.name == "posix":
    import fcntl

SUFFIX: Final = ".sock"
_MOST_OF_A_NAME: Final = 99  # runs of one name
_WAITING: Final = 128  # connections that wait to be accepted


class NoPlaceError(OSError):
    """Raised when a run cannot open its door in a place; the message says why."""


class Place:
    """The socket of one run, which this process listens at.

    Args:
        path: Where it is.
        name: What the run is called.
        listener: The socket.
        lock: The file that is locked as long as the run has the place.
    """

    def __init__(self, path: Path, name: str, listener: socket.socket, lock: int) -> None:
        self.path, self.name, self.listener = path, name, listener
        self._lock: int | None = lock
        self._inode = path.stat().st_ino

    def close(self) -> None:
        """Take the socket away, if it is still this one, and free the place."""
        if self._lock is None:
            return
        self.listener.close()
        with suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()
        with suppress(OSError):
            _lock_of(self.path).unlink()
        os.close(self._lock)
        self._lock = None


def runtime_folder(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder of sockets in ``$XDG_RUNTIME_DIR``, whether it is there or not; None if that is not set."""
    parent = (os.environ if environment is None else environment).get("XDG_RUNTIME_DIR", "")
    return Path(parent) / "rxvlm" if Path(parent).is_absolute() else None


def take_place(file: Path, store: Path | None, environment: Mapping[str, str] | None = None) -> Place:
    """Take the socket of a run: in ``$XDG_RUNTIME_DIR/rxvlm``, else beside its store.

    A socket that a run left behind when it was killed is replaced; one of a run that works is not: the name gets a
    number then.

    Args:
        file: The file that says what to watch; its name is that of the run.
        store: The store; None if there is none.
        environment: Has ``XDG_RUNTIME_DIR``; None: that of the process.

    Raises:
        NoPlaceError: If there is no place.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise NoPlaceError("this system has no Unix sockets in Python")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem)[:60].strip(".-") or "run"
    whys: list[str] = []
    folder = runtime_folder(environment)
    if folder is None:
        whys.append("XDG_RUNTIME_DIR is not set")
    else:
        try:
            _make_private(folder)
            return _first_free(folder, name, name)
        except OSError as error:
            whys.append(_said(error))
    if store is None:
        whys.append("there is no [store] to stand beside")
    else:
        try:
            _check_folder(store.parent)
            return _first_free(store.parent, store.name, name)
        except OSError as error:
            whys.append(_said(error))
    raise NoPlaceError("; ".join(whys))


def sockets_in(folder: Path) -> Iterator[Path]:
    """Iterate over the sockets in a folder, by name."""
    with suppress(OSError):
        yield from sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_socket())


@contextmanager
def reachable(path: Path) -> Generator[str]:
    """Give an address of a socket that is short enough for the system, however long its path is."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = Path(f"/proc/self/fd/{folder}")
        yield str(short / path.name if short.is_dir() else path)
    finally:
        os.close(folder)


def _first_free(folder: Path, file: str, name: str) -> Place:
    for number in range(1, _MOST_OF_A_NAME + 1):
        more = "" if number == 1 else f"-{number}"
        path = folder / f"{file}{more}{SUFFIX}"
        lock = _locked(_lock_of(path))
        if lock is None:
            continue
        try:
            return Place(path, f"{name}{more}", _listening(path), lock)
        except OSError:
            os.close(lock)
            raise
    raise NoPlaceError(f"{_MOST_OF_A_NAME} runs have the name {name} in {folder}")


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-lock")


def _locked(path: Path) -> int | None:
    """Lock a file for as long as this process has it open; return None if another process has it.

    The file may be taken away by the run that had it before, between opening and locking it: then it is made again.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError:
            os.close(file)
            raise
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)


def _listening(path: Path) -> socket.socket:
    """Listen at a path, for this user alone; a socket that is there was left behind."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise NoPlaceError(f"{path} is there already, and is no socket")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with suppress(OSError):  # Linux makes the file with these rights; elsewhere they are set a moment later
            os.fchmod(listener.fileno(), 0o600)
        with reachable(path) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.listen(_WAITING)
        listener.settimeout(0.0)
    except OSError as error:
        listener.close()
        raise NoPlaceError(f"no socket can be made at {path}: {_said(error)}") from None
    return listener


def _make_private(folder: Path) -> None:
    """Make a folder for this user alone, if it is not there; check it and the one that it is in."""
    _check_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or not folder.is_dir():
        raise NoPlaceError(f"{folder} is no folder")
    _check_folder(folder)


def _check_folder(folder: Path) -> None:
    """Check that no other user can put a socket of theirs into a folder under our name.

    In a folder such as /tmp everybody may make files, but each can take away only what is theirs.
    """
    why = why_not_trusted(folder)
    if why and not (folder.is_dir() and folder.stat().st_mode & stat.S_ISVTX and folder.stat().st_uid == 0):
        raise NoPlaceError(f"{folder} {why}")


def _said(error: OSError) -> str:
    return str(error) if isinstance(error, NoPlaceError) else error.strerror or str(error)
