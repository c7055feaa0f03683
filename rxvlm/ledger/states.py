"""The states of a camera, as one type, and what the states have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal[
    "connecting", "live", "playing", "paused", "stalled", "waiting", "finishing", "ended", "failed"
]
"""What a camera is doing.

- ``connecting``: its source is being opened for the first time.
- ``live``: a live source sends frames; ``playing``: a film does.
- ``paused``: a live source sends frames, or a film is there, but asking about it is paused.
- ``stalled``: a live source is connected, but sends nothing.
- ``waiting``: a live source was lost, and is opened again after a pause.
- ``finishing``: the source has ended, and its last windows are not settled yet.
- ``ended``: the source has ended, and its last window is settled.
- ``failed``: the source ended with an error.
"""

FLOWING: Final[frozenset[State]] = frozenset({"live", "playing", "paused"})
"""States in which frames arrive."""

IN_TROUBLE: Final[frozenset[State]] = frozenset({"stalled", "waiting"})
"""States of a live source that sends nothing and may come back."""

OVER: Final[frozenset[State]] = frozenset({"ended", "failed"})
"""States after which nothing more happens."""

StateListener: TypeAlias = Callable[[str, State, str], None]
"""Called with the camera's name, its new state and the reason."""
