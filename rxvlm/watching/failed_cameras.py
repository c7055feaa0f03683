"""Which cameras have failed, where others have not: noted in the error of a stream of many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NOTE: Final = "_rxvlm_failed_cameras"


def error_of_cameras(failed: Mapping[str, Exception], *, begun: int) -> Exception:
    """Return what a stream of many cameras ends with: the error of the one that failed, or a group of several.

    It is noted in the error which cameras these are, if the items of others came before it.

    Args:
        failed: The errors of the cameras, by name, at least one.
        begun: How many cameras there were.
    """
    errors = list(failed.values())
    error = errors[0] if len(errors) == 1 else ExceptionGroup(f"{len(errors)} cameras failed", errors)
    if len(failed) < begun:
        vars(error)[_NOTE] = dict(failed)
    return error


def failed_cameras(error: Exception) -> Mapping[str, Exception] | None:
    """Return the errors of the cameras that failed, by name; None if the error is about all there is."""
    return vars(error).get(_NOTE)
