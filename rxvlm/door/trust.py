"""Which files may change what a running process does: those that only trusted users can write."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def why_not_trusted(path: Path) -> str:
    """Return why a file is not taken while the service runs; "" if it is.

    A file that another user may write could give the service's rights to that user: commands are run with them. So
    the file must belong to the user of this process, or to root, and no other user may be able to write it.

    Args:
        path: The file.
    """
    try:
        facts = path.stat()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if facts.st_uid not in (os.getuid(), 0):
        return f"belongs to another user, of the number {facts.st_uid}"
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"may be written by others; try: chmod go-w {path}"
    return ""
