"""Where an error was raised: the lines of the user's own code, without those of the libraries that called it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Final, cast

from rxvlm.errors import RxvlmError
from rxvlm.uri import without_secrets

_log = logging.getLogger("rxvlm")

_LOGGED: Final = 32  # lines of code
_OURS: Final = ("rxvlm", "reactivex")
_NOTED: Final = "_rxvlm_step"


def note_step(error: Exception, step: str) -> bool:
    """Note in an error the step that it came from; only the first note counts.

    Args:
        error: The error.
        step: A few words that `traceback` prints below the message; "" if it came from no step, but from a source.

    Returns:
        Whether this was the first note.
    """
    known = vars(error)
    if _NOTED in known:
        return False
    known[_NOTED] = step
    if step:
        error.add_note(without_secrets(step))
    return True


def shorten(error: BaseException) -> None:
    """Remove the lines of this library and of RxPY from an error's traceback.

    An error that is none of ours and has no other lines keeps them all: it is a bug, and they are needed. Of a group,
    each of its errors is shortened, too.
    """
    for one in _parts(error):
        shorten(one)
    own = list(_own_lines(error))
    if own or isinstance(error, RxvlmError):
        error.__traceback__ = _linked(own)


def _parts(error: BaseException) -> tuple[BaseException, ...]:
    """Return the errors of a group; of another error none."""
    return cast("BaseExceptionGroup[BaseException]", error).exceptions if isinstance(error, BaseExceptionGroup) else ()


def short_text(error: BaseException) -> str:
    """Return an error with its notes and the lines of the user's own code, and its causes below it, as plain text."""
    lines: list[str] = []
    seen: set[int] = set()
    shown: BaseException | None = error
    while shown is not None and id(shown) not in seen:
        seen.add(id(shown))
        own = _linked(list(_own_lines(shown))) or (None if isinstance(shown, RxvlmError) else shown.__traceback__)
        lines += ["caused by\n"] if lines else []
        lines += [*traceback.format_tb(own), *traceback.format_exception_only(shown)]
        shown = shown.__cause__
    return without_secrets("".join(lines).rstrip())


def innermost_cause(error: BaseException) -> BaseException:
    """Return the error that a chain of causes began with; the error itself if it has no cause."""
    seen: set[int] = set()
    while error.__cause__ is not None and id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__
    return error


def line_of(error: BaseException) -> tuple[str, int]:
    """Return the file and the line of the user's code in which an error was raised; ("", 0) if there is none."""
    own = list(_own_lines(error))
    return (own[-1].tb_frame.f_code.co_filename, own[-1].tb_lineno) if own else ("", 0)


class UserErrors:
    """Logs what the user's code raises: each line that raised once, at most 32 lines."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int]] = set()

    def report(self, error: BaseException) -> None:
        """Log an error with the lines of the user's code, unless one from the same line was logged.

        An error that none of the user's lines raised says in its message what is wrong, and the subscriber gets it.
        """
        line = line_of(innermost_cause(error))
        if line[1] and line not in self._known and len(self._known) < _LOGGED:
            self._known.add(line)
            _log.error("%s", short_text(error))


def _own_lines(error: BaseException) -> Iterator[TracebackType]:
    line = error.__traceback__
    while line is not None:
        if str(line.tb_frame.f_globals.get("__name__", "")).partition(".")[0] not in _OURS:
            yield line
        line = line.tb_next


def _linked(lines: list[TracebackType]) -> TracebackType | None:
    linked: TracebackType | None = None
    for line in reversed(lines):
        linked = TracebackType(linked, line.tb_frame, line.tb_lasti, line.tb_lineno)
    return linked
