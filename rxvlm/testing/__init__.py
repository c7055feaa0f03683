"""Tools for tests of pipelines: virtual time, a scripted model, and a fake model server that can also fail."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rxvlm.testing.drawing import draw
    from rxvlm.testing.frames import frames_at, video_of
    from rxvlm.testing.playing import END, play
    from rxvlm.testing.scripted_vlm import Say, ScriptedVlm, scripted
    from rxvlm.testing.server import FakeServer, Reply, Request

_HOMES = {
    "drawing": ("draw",),
    "frames": ("frames_at", "video_of"),
    "playing": ("END", "play"),
    "scripted_vlm": ("Say", "ScriptedVlm", "scripted"),
    "server": ("FakeServer", "Reply", "Request"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "END",
    "FakeServer",
    "Reply",
    "Request",
    "Say",
    "ScriptedVlm",
    "draw",
    "frames_at",
    "play",
    "scripted",
    "video_of",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a name may be anything
    """Load a name at its first use: the fake server alone loads neither cv2 nor av."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'rxvlm.testing' has no attribute {name!r}")
    value = getattr(import_module(f"rxvlm.testing.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
