"""Muting: what the journal says of rules that are muted, and are not any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Muting:
    """Tells of each rule that is muted, and of each mute that is over.

    Args:
        muted: Returns until when each muted rule is muted, in seconds since 1970 (UTC).
        tell: Called with a rule and until when it is muted; None: it is not any more.
    """

    def __init__(self, muted: Callable[[], Mapping[str, float]], tell: Callable[[str, float | None], None]) -> None:
        self._muted, self._tell = muted, tell
        self._known: Mapping[str, float] = {}

    def look(self) -> None:
        """Tell what is new."""
        now = self._muted()
        for rule, until in now.items():
            if self._known.get(rule) != until:
                self._tell(rule, until)
        for rule in self._known:
            if rule not in now:
                self._tell(rule, None)
        self._known = now
