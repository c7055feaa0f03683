"""One run of a program: its end, its time-out, and what it said when it failed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Final

from rxvlm.concurrency.patience import Patience
from rxvlm.errors import SinkError
from rxvlm.text import one_line
from rxvlm.uri import without_secrets

_LOOK_SECONDS: Final = 0.1
_WORDS: Final = 300  # characters of what it said
_TAIL: Final = 4000  # bytes of stderr that are looked at
_MOST_ON_DISK: Final = 1_000_000  # bytes of stderr, at each look
_BLOCK: Final = 512  # bytes, as the system counts what a file takes of the disk


def run(
    arguments: Sequence[str], environment: Mapping[str, str], given: bytes, *, seconds: float, patience: Patience
) -> None:
    """Run a program, and wait for its end. What it starts in the background, and leaves, goes on.

    Args:
        arguments: The program and its arguments.
        environment: Its variables.
        given: What it reads from its standard input.
        seconds: How long it may take; then it is killed with all of its process group.
        patience: May end before that.

    Raises:
        FileNotFoundError: If there is no such program.
        SinkError: If it cannot be run, fails, or takes too long.
    """
    # Files, not pipes: nothing blocks where it does not read, or leaves a child behind that holds a pipe open.
    with TemporaryFile() as stdin, TemporaryFile() as stderr:
        stdin.write(given)
        stdin.seek(0)
        child = _started(arguments, environment, stdin, stderr)
        try:
            code = _waited(child, patience.now() + seconds, patience, stderr)
        finally:
            if child.poll() is None:
                _kill(child)
        said = _words(stderr)
    if code is None:
        raise SinkError(f"{arguments[0]} did not end in time, and was killed{said}")
    if code:
        how = f"exit code {code}" if code > 0 else f"signal {-code}"
        raise SinkError(f"{arguments[0]} ended with {how}{said}")


def _started(
    arguments: Sequence[str], environment: Mapping[str, str], stdin: IO[bytes], stderr: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own program; no shell reads its arguments
            arguments,
            env=environment,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,  # a process group of its own, which Ctrl-C in the terminal does not reach
        )
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no program {arguments[0]!r}") from None
    except OSError as error:
        raise SinkError(f"{arguments[0]} cannot be run: {error.strerror}") from None


def _waited(child: subprocess.Popen[bytes], until: float, patience: Patience, stderr: IO[bytes]) -> int | None:
    """Return the exit code; None if time is up. Meanwhile give back the disk that its stderr takes."""
    while (left := min(until - patience.now(), patience.left())) > 0:
        if os.fstat(stderr.fileno()).st_blocks * _BLOCK > _MOST_ON_DISK:
            os.ftruncate(stderr.fileno(), 0)  # the program goes on where it was: what is before that takes no disk
        with suppress(subprocess.TimeoutExpired):
            return child.wait(min(left, _LOOK_SECONDS))
    return child.poll()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _words(stderr: IO[bytes]) -> str:
    stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - _TAIL))
    said = without_secrets(one_line(stderr.read().decode(errors="replace")))
    return f": {said[-_WORDS:]}" if said else ""
