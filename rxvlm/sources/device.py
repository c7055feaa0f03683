"""Webcams and capture cards: device numbers, through OpenCV and Video4Linux."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Final, Protocol, cast

import cv2
from cv2.utils import logging

from rxvlm.errors import DecodeError, SourceNotFoundError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, Still
from rxvlm.sources.running.arrivals import Arrival, frames_of_arrivals
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.reconnect import Nothing

_JPEG: Final = b"\xff\xd8"
_PAUSE = 0.02  # seconds until a device that returned nothing is read again


class Capture(Protocol):
    """The methods of ``cv2.VideoCapture`` that are called here."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Return whether the device could be opened."""
        ...

    def set(self, property_: int, value: float) -> bool:
        """Set one of ``cv2.CAP_PROP_*``; return whether the device knows it."""
        ...

    def read(self) -> tuple[bool, Image | None]:
        """Wait for the next picture, BGR ``uint8`` (height, width, 3); return whether there is one."""
        ...

    def release(self) -> None:
        """Close the device."""
        ...


def open_capture(number: int) -> Capture:
    """Open a device with OpenCV, and keep OpenCV from printing messages into the live table.

    Raises:
        SourceNotFoundError: If the device does not exist.
    """
    if sys.platform == "linux" and not Path(f"/dev/video{number}").exists():
        raise SourceNotFoundError(f"there is no /dev/video{number}", f"/dev/video{number}")
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        return cast("Capture", cv2.VideoCapture(number, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY))
    finally:
        logging.setLogLevel(level)


def frames_of_device(
    number: int, name: str, session: Session, opened: Callable[[int], Capture] = open_capture
) -> Generator[Frame]:
    """Read a device's frames until it is stopped; JPEGs are not decoded before their pixels are needed."""
    return frames_of_arrivals(partial(_connect, number, opened), name, session)


def _connect(number: int, opened: Callable[[int], Capture]) -> Generator[Arrival | Nothing]:
    capture = opened(number)
    try:
        if not capture.isOpened():
            where = f"/dev/video{number}"
            raise SourceNotFoundError(f"{where} cannot be opened: is it there, free, and readable for you?", where)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        shape: tuple[int, int, int] | None = None
        while True:
            done, data = capture.read()
            arrived = time.time()
            if not done or data is None or not data.size:
                yield Nothing.PICTURE
                time.sleep(_PAUSE)
                continue
            picture = _picture(data, shape, arrived)
            if picture is None:  # neither JPEG nor BGR: let OpenCV convert it from now on
                capture.set(cv2.CAP_PROP_CONVERT_RGB, 1)
                continue
            shape = picture.shape
            yield picture
    finally:
        capture.release()


def _picture(data: Image, shape: tuple[int, int, int] | None, arrived: float) -> Arrival | None:
    """Return the picture that OpenCV read, from JPEG or from pixels; None if it is neither."""
    raw = data.tobytes() if data.size == max(data.shape) else b""
    if raw.startswith(_JPEG):
        try:
            known = shape or cast("tuple[int, int, int]", jpeg.decode(raw).shape)
        except DecodeError:
            return None
        return Arrival(jpeg.Jpeg(raw), known, arrived, size=len(raw))
    if data.shape[2:] == (3,):  # rows, columns, BGR
        return Arrival(Still(data), (data.shape[0], data.shape[1], 3), arrived)
    return None
