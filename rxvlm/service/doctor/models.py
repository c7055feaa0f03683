"""Ask each model one small question: does it answer, and does its server pass the right times to it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

import cv2
import numpy as np
import reactivex
from reactivex import operators as ops

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media.picture import Image, Made
from rxvlm.operators.analyze import analyze
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.encode_mp4 import encode_mp4
from rxvlm.service.configuration.models import Models
from rxvlm.service.doctor.finding import Finding
from rxvlm.vlm import Vlm

_LETTERS: Final = "ABCDEFGH"
_APART: Final = 2.0  # seconds between two pictures: a server that takes it for 1 halves all times
_ASKED: Final = "F"
_RIGHT: Final = _LETTERS.index(_ASKED) * _APART
_NEAR: Final = 1.0  # seconds
_SIZE: Final = (320, 240)
QUESTION: Final = (
    f"The pictures of this video show one letter after another. At which second of the video does the letter {_ASKED} "
    "appear, by the video's own time? Answer with the number of seconds alone."
)


def look_at_models(models: Models) -> Iterator[Finding]:
    """Yield what each model of a file answers to one small question about a clip with a clock of letters."""
    clip = letter_clip()
    asked: Mapping[str, Vlm] = {name: models.alone[name] for name in models.words} or dict(models.alone)
    for name, model in asked.items():
        yield _asked(name, model, clip)


def letter_clip() -> Clip:
    """Make a clip of 16 s, in which another letter appears every 2 s."""
    height, width = _SIZE[1], _SIZE[0]
    frames = [
        Frame(Made(partial(_drawn, letter)), number * _APART, (height, width, 3), "doctor", number, None, keyframe=True)
        for number, letter in enumerate(_LETTERS)
    ]
    length = _APART * len(_LETTERS)
    clips: list[Clip] = []
    reactivex.from_iterable(frames).pipe(buffer_by_time(length), encode_mp4()).pipe(ops.do_action(clips.append)).run()
    return clips[0]


def _asked(name: str, model: Vlm, clip: Clip) -> Finding:
    what = f"model {name}"
    answer: Analysis = reactivex.just(clip).pipe(analyze(model, QUESTION)).run()
    if answer.error is not None:
        return Finding(what, f"no answer: {answer.error}", "see the reason; `rxvlm models` lists what each model needs")
    took = f"answered in {answer.duration:.1f} s"
    if model.name == "opencv":
        return Finding(what, f"{took}; it reads no question")
    number = re.search(r"\d+(?:\.\d+)?", answer.text)
    if number is None:
        return Finding(
            what, f"{took}, but no number: {answer.text[:80]!r}", "ask it yourself whether it sees the video"
        )
    said = float(number[0])
    if abs(said - _RIGHT) <= _NEAR:
        return Finding(what, f"{took}, and knows the times of the video")
    found = f"{took}, and takes {said:g} s for what happens at {_RIGHT:g} s"
    if abs(said - _RIGHT / _APART) <= _NEAR:
        return Finding(
            what,
            found,
            'its server takes pictures to be 1 s apart: use vllm:NAME@URL, or `clip_as = "video"`, in `use`',
        )
    return Finding(what, found, "do not rely on times in its answers")


def _drawn(letter: str) -> Image:
    width, height = _SIZE
    image = np.full((height, width, 3), 255, np.uint8)
    cv2.putText(image, letter, (width // 2 - 60, height // 2 + 60), cv2.FONT_HERSHEY_SIMPLEX, 6.0, (0, 0, 0), 16)
    return image
