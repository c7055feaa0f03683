"""Which cell of a notebook is running, so that one that is run again is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rxvlm.display.shell import kernel_shell


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of a cell.

    Attributes:
        key: The identifier that the front end gave to the cell; where it gave none, the cell's code.
        run: Identifies this run of it.
    """

    key: str
    run: str


def running_cell() -> Cell | None:
    """Return the cell that is running; None outside of a notebook."""
    shell = kernel_shell()
    if shell is None:
        return None
    request: dict[str, Any] = shell.get_parent() or {}
    key = request.get("metadata", {}).get("cellId") or request.get("content", {}).get("code")
    run = request.get("header", {}).get("msg_id")
    return Cell(str(key), str(run)) if key and run else None


def is_run_again(earlier: Cell | None) -> bool:
    """Return whether the cell that is running is another run of an earlier one."""
    now = running_cell()
    return now is not None and earlier is not None and now.key == earlier.key and now.run != earlier.run
