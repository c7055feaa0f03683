"""Short tracebacks for notebooks: the sentence of an error, and the lines of the user's own code."""

from __future__ import annotations

import linecache
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

_Error = TypeVar("_Error", bound=BaseException)

_OURS: Final = ("rxvlm", "reactivex", "IPython", "ipykernel")
_LIBRARIES: Final = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_RED: Final = "\x1b[31m"
_PLAIN: Final = "\x1b[39m"


def shown_short(error: _Error) -> _Error:
    """Return an error after IPython was told to show it with the user's own lines alone.

    Where IPython is not loaded, nothing is changed; Python itself prints whole tracebacks everywhere.
    """
    if "IPython" in sys.modules:
        vars(error)["_render_traceback_"] = partial(short_traceback, error)
    return error


def is_raised_by_us(error: BaseException) -> bool:
    """Return whether this library raised an error, and not the user's code or another library below it."""
    inner = error.__traceback__
    while inner is not None and inner.tb_next is not None:
        inner = inner.tb_next
    return inner is not None and _room(inner) == "rxvlm"


def short_traceback(error: BaseException) -> list[str]:
    """Return an error as IPython shows it: the user's lines, the error with its notes, and causes in the user's code.

    An interrupt, and an error that came after some items of `rxvlm.collect`, say where these are.
    """
    lines: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        own = list(_own_lines(cause.__traceback__))
        if cause is error or own:
            lines = [*_told(cause, own), *([""] if lines else []), *lines]
        cause = cause.__cause__
    came = len(vars(error).get("partial", ()))
    items = "an item came before it; it is" if came == 1 else f"{came:,} items came before it; they are"
    return [*lines, *([f"{items} in sys.last_value.partial"] if came else [])]


def _told(error: BaseException, own: list[TracebackType]) -> Iterator[str]:
    once = {(line.tb_frame.f_code.co_filename, line.tb_lineno): line for line in own}  # a comprehension is two frames
    for (file, number), line in once.items():
        yield f"{_place(file)}, line {number}"
        code = linecache.getline(file, number, line.tb_frame.f_globals).strip()
        if code:
            yield f"----> {number} {code}"
    name, *said = "".join(traceback.format_exception_only(error)).rstrip().split(":", 1)
    name = name.rpartition(".")[2] if "\n" not in name else name
    yield f"{_RED}{name}{_PLAIN}{''.join(f':{text}' for text in said)}"


def _own_lines(line: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the lines of a traceback that are neither ours nor those of a library."""
    while line is not None:
        file = line.tb_frame.f_code.co_filename
        if _room(line) not in _OURS and not file.startswith((*_LIBRARIES, "<frozen")):
            yield line
        line = line.tb_next


def _room(line: TracebackType) -> str:
    return str(line.tb_frame.f_globals.get("__name__", "")).partition(".")[0]


def _place(file: str) -> str:
    """Return what a notebook calls a cell, or the path of a file."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    naming = getattr(getattr(shell, "compile", None), "format_code_name", None)  # of IPython 8 and later
    named = naming(file) if naming is not None else None
    return " ".join(named) if named else f"File {_short_path(file)}"


def _short_path(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
