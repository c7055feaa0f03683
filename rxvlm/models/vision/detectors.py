"""OpenCV's own detectors of people and faces, if the installed OpenCV has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import cv2

from rxvlm.errors import MissingPartError
from rxvlm.media.picture import Image

Counter: TypeAlias = Callable[[Image], int]
"""Returns how many people, or faces, a BGR ``uint8`` (height, width, 3) picture shows; thread-safe."""

_SURE = 0.5  # HOG's weight: below it, chairs and lamps are detected as people too
_RIM = 32  # pixels added around a picture: HOG does not detect a person who touches the edge
_PERSON = (64, 128)  # pixels: the smallest person that HOG detects
_FACES = "haarcascade_frontalface_default.xml"


def people_counter() -> Counter:
    """Load the HOG detector of upright people of at least 64x128 pixels.

    Raises:
        MissingPartError: If the installed OpenCV lacks the detector.
    """
    hog = _part("HOGDescriptor", "people")()
    hog.setSVMDetector(_part("HOGDescriptor_getDefaultPeopleDetector", "people")())

    def count(picture: Image) -> int:
        if picture.shape[0] < _PERSON[1] or picture.shape[1] < _PERSON[0]:
            return 0
        rimmed = cv2.copyMakeBorder(picture, _RIM, _RIM, _RIM, _RIM, cv2.BORDER_REPLICATE)
        boxes, weights = hog.detectMultiScale(rimmed, winStride=(8, 8), scale=1.05)
        sure = [[*map(int, box)] for box, weight in zip(boxes, weights, strict=True) if float(weight) > _SURE]
        return len(_separate(sure))

    return _one_at_a_time(count)


def face_counter() -> Counter:
    """Load the Haar cascade of frontal faces.

    Raises:
        MissingPartError: If the installed OpenCV lacks the detector or its XML file.
    """
    cascade = _part("CascadeClassifier", "faces")
    folder = getattr(getattr(cv2, "data", None), "haarcascades", "")
    file = Path(folder, _FACES)
    if not folder or not file.is_file():
        raise _missing("faces", _FACES)
    loaded = cascade(str(file))

    def count(picture: Image) -> int:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        return len(loaded.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=6))

    return _one_at_a_time(count)


def _part(name: str, what: str) -> Any:  # noqa: ANN401 - the stubs of an OpenCV without the detector do not know its type
    part = cast("Any", getattr(cv2, name, None))
    if part is None:
        raise _missing(what, name)
    return part


def _missing(what: str, part: str) -> MissingPartError:
    return MissingPartError(
        f"{what}=True needs {part}, which the installed OpenCV {cv2.__version__} lacks: "
        'pip install "opencv-python-headless<5"'
    )


def _one_at_a_time(count: Counter) -> Counter:
    """Guard a detector with a lock, since a cascade keeps state during detection."""
    lock = threading.Lock()

    def locked(picture: Image) -> int:
        with lock:
            return count(picture)

    return locked


def _separate(boxes: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Drop each box whose centre lies inside a larger box that was kept."""
    kept: list[Sequence[int]] = []
    for box in sorted(boxes, key=lambda box: -box[2] * box[3]):
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        if not any(a <= x <= a + width and b <= y <= b + height for a, b, width, height in kept):
            kept.append(box)
    return kept
