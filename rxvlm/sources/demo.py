"""The drawn scene as cameras: ``demo:yard``, ``demo:gate``, ``demo:street``."""

from __future__ import annotations

import time as wall
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rxvlm.errors import UriError
from rxvlm.frame import Frame
from rxvlm.media.picture import Image, Made
from rxvlm.sources.drawn.scene import CAMERAS, Scene
from rxvlm.sources.running.capture import Session
from rxvlm.uri import Address

_BEGINNING = datetime(2026, 9, 21, 17, 0, 0, tzinfo=UTC)


class DemoSettings(BaseModel):
    """Settings of a drawn camera: the query of a ``demo:`` address.

    Attributes:
        seconds: Length, for a film of the camera; None for a live camera that does not end.
        fps: Frames a second.
        width: Pixels across.
        height: Pixels down.
        seed: What the random events of the scene are derived from; the same seed draws the same pictures.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: float | None = Field(None, gt=0)
    fps: float = Field(10.0, gt=0, le=240)
    width: int = Field(640, ge=16, le=7680)
    height: int = Field(360, ge=16, le=4320)
    seed: int = Field(0, ge=0)


def demo_settings(address: Address) -> DemoSettings:
    """Read and check a ``demo:`` address.

    Raises:
        UriError: If the camera or a setting is unknown, or a value is out of range.
    """
    if address.target not in CAMERAS:
        known = ", ".join(f"demo:{camera}" for camera in CAMERAS)
        raise UriError(f"{address.safe}: no such drawn camera; there are {known}", address.safe)
    try:
        return DemoSettings.model_validate(address.query)
    except ValidationError as error:
        first = error.errors()[0]
    where = ".".join(
        map(str, first["loc"])
    )  # raised below, so that it does not refer to pydantic's, which has the value
    known = ", ".join(DemoSettings.model_fields)
    raise UriError(f"{address.safe}: {where}: {first['msg']} (settings: {known})", address.safe)


def frames_of_demo(camera: str, settings: DemoSettings, name: str, session: Session) -> Generator[Frame]:
    """Draw a camera's frames: at their times if the camera is live, otherwise as fast as they are taken."""
    scene = Scene(camera, settings.seed, (settings.width, settings.height))
    shape = (settings.height, settings.width, 3)
    live = settings.seconds is None
    session.lasts(settings.seconds)
    session.state("live" if live else "playing")
    began = wall.monotonic()
    for index in count():
        time = index / settings.fps
        if settings.seconds is not None and time >= settings.seconds:
            return
        if live and session.wait(began + time - wall.monotonic()):
            return
        captured = wall.time() if live else None
        yield Frame(Made(partial(_draw, scene, time)), time, shape, name, index, captured, keyframe=True)


def _draw(scene: Scene, time: float) -> Image:
    return scene.draw(time, f"{_BEGINNING + timedelta(seconds=time):%Y-%m-%d %H:%M:%S}")
