"""command: run a program of the user for each event or answer."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rxvlm.arguments import check_above_zero, describe, suggest_options
from rxvlm.concurrency.patience import Patience
from rxvlm.errors import SinkError
from rxvlm.event import Phase
from rxvlm.sinks.jsonl import as_record, json_line
from rxvlm.sinks.newest_picture import newest_picture
from rxvlm.sinks.programs.fields import fields_of, variable
from rxvlm.sinks.programs.process import run
from rxvlm.sinks.programs.template import Template
from rxvlm.sinks.sink import Item
from rxvlm.sinks.wishes import Wishes

_TIMEOUT: Final = 30.0
_CLOSE_SECONDS: Final = 10.0


class Command:
    """Runs a program for each item, one at a time; the result of `command`.

    Args:
        template: The program and its arguments.
        wishes: The items to run it for.
        timeout: Seconds that a run may take.
    """

    def __init__(self, template: Template, wishes: Wishes, timeout: float) -> None:
        self._template, self._wishes, self._timeout = template, wishes, timeout
        self._patience = Patience()
        self._busy = threading.Lock()

    def __repr__(self) -> str:
        return f"command([{self._template.program!r}, ...])"

    def takes(self, item: Item) -> bool:
        """Return whether the program is run for an item."""
        return self._wishes.include(item)

    def __call__(self, item: Item) -> None:
        """Run the program for an item, and wait for its end.

        Raises:
            FileNotFoundError: If there is no such program.
            SinkError: If it cannot be run, fails, or takes too long; the error has the end of what it said on stderr.
            TypeError: If it is neither an analysis nor an event.
        """
        if not self.takes(item):
            return
        with self._busy, _picture_of(item, wanted=self._template.wants_picture) as picture:
            if not self._patience.left():
                raise SinkError(f"{self._template.program}: no time was left to run it")
            fields = fields_of(item, picture)
            variables = {variable(name): value for name, value in fields.items()}
            given = json_line(as_record(item)).encode()
            arguments = self._template.filled(fields)
            run(arguments, os.environ | variables, given, seconds=self._timeout, patience=self._patience)

    def open(self) -> None:
        """Count one more queue that uses it."""
        self._patience.enter()

    def finish(self, seconds: float) -> None:
        """Limit the running program, and all later ones, to this number of seconds in all."""
        self._patience.end_within(seconds)

    def close(self) -> None:
        """End the running program within 10 s; the next item runs it again.

        If several queues opened it, the last one closes it.
        """
        if not self._patience.leave():
            return
        self._patience.end_within(_CLOSE_SECONDS)
        with self._busy:
            self._patience.renew()


@contextmanager
def _picture_of(item: Item, *, wanted: bool) -> Generator[str]:
    """Write the newest picture to a file that only this user may read; yield its path, "" if there is none."""
    jpeg = newest_picture(item) if wanted else None
    if jpeg is None:
        yield ""
        return
    number, name = tempfile.mkstemp(prefix="rxvlm-", suffix=".jpg")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(jpeg)
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


@suggest_options()
def command(
    arguments: Sequence[str],
    *,
    timeout: float = _TIMEOUT,
    phases: Collection[Phase] = ("start", "end"),
    answers: bool = True,
) -> Command:
    """Make a sink that runs a program for each event and each answer, one at a time.

    >>> command(["notify-send", "--", "{camera}", "{text}"])
    command(['notify-send', ...])

    No shell reads the arguments. A name in braces is a field: ``{camera}``, ``{text}``, ``{name}``, ``{phase}``,
    ``{start}`` and so on; a field that an item does not have is empty. The program also gets the fields as variables,
    such as ``RXVLM_TEXT``, and the JSON form of the item on its standard input. Each argument and variable is cut after
    32 000 bytes, and has no NUL. If an argument consists of one field and begins with ``-``, a space is put before it,
    so that the program does not read it as an option.

    ``{picture}`` is the path of a JPEG of the newest picture that the model saw, for this user only (mode 0600); it is
    removed when the program has ended. The file is made if an argument has that field, or names ``RXVLM_PICTURE``.

    Args:
        arguments: The program and its arguments. Other braces stay as they are, and ``{{text}}`` becomes ``{text}``.
        timeout: Seconds that a run may take, above 0; then the program and its process group are killed.
        phases: Which of ``"start"``, ``"update"`` and ``"end"`` of an event to run it for.
        answers: Whether to run it for answers, too; never for answers with `Analysis.marks`.

    Returns:
        A sink. Its repr, its errors and the log show only the program, and not its arguments.

    Raises:
        TypeError: If ``arguments`` is not a list of strings.
        ValueError: If there is no program, a field is unknown or inside of a text that a shell or another
            interpreter would run, a phase is unknown, the program would never be run, or a number is out of range.
    """
    if isinstance(arguments, str) or not isinstance(arguments, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"a command is a list, as in ['notify-send', '{{text}}'], not {describe(arguments)}")
    check_above_zero("timeout", timeout, "seconds")
    return Command(Template.of(arguments), Wishes.of("command", phases, answers=answers), timeout)
