"""The built-in default model: classical computer vision, without key, network or download."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.media.picture import Image
from rxvlm.models.function import FunctionVlm
from rxvlm.models.vision.detectors import Counter, face_counter, people_counter
from rxvlm.models.vision.facts import find_facts
from rxvlm.models.vision.memory import Memory
from rxvlm.models.vision.small import small_pictures
from rxvlm.models.vision.words import describe
from rxvlm.vlm import Piece, Vlm

_DETECTOR_WIDTH = 640  # pixels across, at most, of the pictures that detectors get
_DETECTOR_FRAMES = 3  # of a clip, at most, since detectors are slow
_CAMERAS = 64  # that are remembered at most, about 75 kB each


@suggest_options()
def opencv(*, people: bool = False, faces: bool = False, scheduler: SchedulerBase | None = None) -> Vlm:
    """Make the model that needs nothing but OpenCV.

    It is not a vision-language model: it cannot read the prompt, and gives the same answer
    to every prompt. It measures what moved, when and where; light, blur, colour and cuts;
    and what changed since the previous clip with the same `Clip.source`. It says "something",
    never "person". It does not see what happens between two frames of a clip, so the path
    that it describes is likely, but not certain.

    The text of an answer is a few sentences. Its value is a dict for JSON, with places as
    shares of the picture and times in seconds of the source's time. A clip is compared
    with the previous clip of its camera only if the gap between them is at most as long as
    the clip.

    Args:
        people: Also count upright people with OpenCV's HOG detector; takes 0.1 to 1 s more per clip.
        faces: Also count frontal faces with OpenCV's Haar cascade; takes 0.1 to 1 s more per clip.
        scheduler: Runs the analysis; None for one daemon thread per clip.

    Raises:
        MissingPartError: If the installed OpenCV lacks a requested detector.
    """
    counters: dict[str, Counter] = {}
    if people:
        counters["people"] = people_counter()
    if faces:
        counters["faces"] = face_counter()
    return _OpenCv(_Observer(counters).answer, "opencv", scheduler)


class _OpenCv(FunctionVlm):
    def __repr__(self) -> str:
        return "opencv()"


class _Observer:
    """Answers questions about clips, and remembers the last clip of each camera that has a name."""

    def __init__(self, counters: Mapping[str, Counter]) -> None:
        self._counters = counters
        self._lock = threading.Lock()
        self._memories: OrderedDict[str, tuple[float, float, Memory]] = OrderedDict()

    def answer(self, clip: Clip, _prompt: str) -> Piece:
        before = self._previous_memory(clip)
        facts, memory = find_facts(small_pictures(clip), clip.times, before)
        self._remember(clip, memory)
        if self._counters:
            facts = replace(facts, detected=self._count(clip))
        return Piece(describe(facts), facts.plain(), finish_reason="stop")

    def _previous_memory(self, clip: Clip) -> Memory | None:
        with self._lock:
            start, end, memory = self._memories.get(clip.source, (0.0, 0.0, None))
        return memory if start < clip.start <= end + (clip.end - clip.start) else None

    def _remember(self, clip: Clip, memory: Memory) -> None:
        if not clip.source:
            return
        with self._lock:
            self._memories[clip.source] = clip.start, clip.end, memory
            self._memories.move_to_end(clip.source)
            while len(self._memories) > _CAMERAS:
                self._memories.popitem(last=False)

    def _count(self, clip: Clip) -> dict[str, int]:
        pictures = _pick_evenly(clip.images(min(_DETECTOR_WIDTH, clip.width)))
        return {what: max(map(count, pictures)) for what, count in self._counters.items()}


def _pick_evenly(pictures: Sequence[Image]) -> Sequence[Image]:
    """Return at most `_DETECTOR_FRAMES` of the pictures, evenly spread, without the ends of the clip."""
    count = min(_DETECTOR_FRAMES, len(pictures))
    return [pictures[(2 * at + 1) * len(pictures) // (2 * count)] for at in range(count)]
