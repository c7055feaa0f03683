"""Which cameras have failed, where others have not: noted in the error of a stream of many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NOTE: Final = "_rxvlm_failed_cameras"


def note_failed_cameras(error: Exception, failed: Mapping[str, Exception]) -> None:
    """Note in an error that it is about some cameras, and that the items of others came before it.

    Args:
        error: The error.
        failed: The errors of the cameras, by name.
    """
    vars(error)[_NOTE] = dict(failed)


def failed_cameras(error: Exception) -> Mapping[str, Exception] | None:
    """Return the errors of the cameras that failed, by name; None if the error is about all there is."""
    return vars(error).get(_NOTE)
