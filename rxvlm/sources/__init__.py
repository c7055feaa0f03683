"""Sources of frames: cold Observables of `Frame`. `video` chooses one by the address."""

from __future__ import annotations

from rxvlm.sources.probe import Probe, probe
from rxvlm.sources.pushed import Pushed, pushed
from rxvlm.sources.running.capture import Session, Video
from rxvlm.sources.video import video

__all__ = ["Probe", "Pushed", "Session", "Video", "probe", "pushed", "video"]


def __dir__() -> list[str]:
    return sorted(__all__)
