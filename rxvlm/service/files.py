"""Files: the files that a service works by, and whether one has changed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


class Files:
    """Some files, and when they were written last.

    Args:
        paths: The files.
    """

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self._written = self._seen = {path: _written(path) for path in paths}

    def with_more(self, paths: tuple[Path, ...]) -> Files:
        """Return these files, as they were, and others as they are now."""
        more = Files(paths)
        more._written = more._seen = {path: self._written.get(path, facts) for path, facts in more._written.items()}
        return more

    def have_changed(self) -> bool:
        """Return whether one was written since, and has been left alone from the last look to this one."""
        before, self._seen = self._seen, {path: _written(path) for path in self._written}
        return self._seen != self._written and self._seen == before and None not in self._seen.values()


def _written(path: Path) -> tuple[int, int, int] | None:
    with suppress(OSError):
        facts = path.stat()
        return facts.st_mtime_ns, facts.st_size, facts.st_ino
    return None
