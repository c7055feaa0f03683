"""For tests of pipelines: hours of them in a moment, on virtual time; and a model server that lies on demand."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rxvlm.testing.playing import END, Say, ScriptedVlm, draw, frames_at, play, scripted, video_of
    from rxvlm.testing.server import FakeServer, Reply, Request

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

_OF_THE_SERVER = ("FakeServer", "Reply", "Request")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a name may be anything
    """Load a name at its first use: the server needs neither cv2 nor av."""
    if name not in __all__:
        raise AttributeError(f"module 'rxvlm.testing' has no attribute {name!r}")
    home = "rxvlm.testing.server" if name in _OF_THE_SERVER else "rxvlm.testing.playing"
    value = getattr(import_module(home), name)
    globals()[name] = value  # also in place of the submodule of the same name
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
