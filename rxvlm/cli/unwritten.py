"""What an option could not write: it is counted and said, and ends nothing."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rxvlm.cli.failures import complain

_SECONDS_BETWEEN: Final = 60.0  # of two lines on stderr


class Unwritten:
    """Counts what an option could not write, and says it on stderr, at most once a minute.

    Args:
        option: The option and its path, as the user wrote them.
        what: What one thing is called that is written.
    """

    def __init__(self, option: str, what: str) -> None:
        self.lost = 0
        self._option, self._what = option, what
        self._said = -_SECONDS_BETWEEN
        self._untold = False

    @contextmanager
    def counted(self) -> Generator[None]:
        """Count it if the disk refuses what is written inside the ``with`` block."""
        try:
            yield
        except OSError as error:
            self.lost += 1
            self._untold = True
            if time.monotonic() - self._said >= _SECONDS_BETWEEN:
                self._say(f": {error.strerror} ({error.filename}). Watching goes on")

    def lose(self, count: int) -> None:
        """Count what was never tried."""
        self.lost += count
        self._untold = self._untold or count > 0

    def conclude(self) -> None:
        """Say how many there were, if that was not said."""
        if self._untold:
            self._say(" in all")

    def _say(self, more: str) -> None:
        lost = f"1 {self._what} was" if self.lost == 1 else f"{self.lost:,} {self._what}s were"
        complain(f"{self._option}: {lost} not written{more}")
        self._said, self._untold = time.monotonic(), False


@contextmanager
def refused_at_once(option: str, path: Path) -> Generator[None]:
    """Name the option in an error about its path.

    Raises:
        OSError: If the system refuses the path inside the ``with`` block.
    """
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise OSError(f"{option} {path}: a file is in the way; give a folder") from None
    except OSError as error:
        raise OSError(f"{option} {path}: {error.strerror}") from error
