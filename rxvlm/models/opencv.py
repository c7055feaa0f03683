"""The embedded default model: classical vision, no key, no network, no download, and no understanding."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reactivex.abc import SchedulerBase

from rxvlm.clip import Clip
from rxvlm.media.picture import Image
from rxvlm.models.function import vlm_from
from rxvlm.models.vision.detectors import Counter, faces_in, people_in
from rxvlm.models.vision.facts import facts_of
from rxvlm.models.vision.memory import Memory
from rxvlm.models.vision.small import smalls
from rxvlm.models.vision.words import words
from rxvlm.vlm import Piece, Vlm

_DETECTOR_WIDTH = 640  # of those that detectors get, at most
_DETECTOR_FRAMES = 3  # of a clip, at most: detectors are slow
_CAMERAS = 64  # that are remembered, about 75 kB each


def opencv(*, people: bool = False, faces: bool = False, scheduler: SchedulerBase | None = None) -> Vlm:
    """Make the model that needs nothing but OpenCV.

    It is no vision-language model: it cannot read the prompt, and answers any in the
    same way. It measures what moved, when and where, light, blur, colour, cuts, and
    what changed since the last clip of the same `Clip.source`; it says "something",
    never "person". What happens between two frames of a clip it does not see, and the
    path that it tells through them is a likely one, no more.

    The text of an answer is a few sentences; its value is a dict for JSON, with places as
    shares of the picture and times in seconds of the source's time. A clip is compared
    with the one of its camera that was answered before it, if that ended no longer
    before than it is long itself.

    Args:
        people: Also count upright people, with OpenCV's HOG detector: 0.1 to 1 s a clip more.
        faces: Also count frontal faces, with OpenCV's Haar cascade: 0.1 to 1 s a clip more.
        scheduler: Where it looks; None for a daemon thread a clip.

    Raises:
        MissingPartError: If a detector is asked for that the installed OpenCV lacks.
    """
    counters: dict[str, Counter] = {}
    if people:
        counters["people"] = people_in()
    if faces:
        counters["faces"] = faces_in()
    return vlm_from(_Watcher(counters).answer, name="opencv", scheduler=scheduler)


class _Watcher:
    """Answers, and remembers the last clip of each camera; a clip without a source has none."""

    def __init__(self, counters: Mapping[str, Counter]) -> None:
        self._counters = counters
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, float, Memory]] = OrderedDict()

    def answer(self, clip: Clip, _prompt: str) -> Piece:
        before = self._recall(clip)
        facts, memory = facts_of(smalls(clip), clip.times, before)
        self._keep(clip, memory)
        if self._counters:
            facts = replace(facts, detected=self._count(clip))
        return Piece(words(facts), facts.plain(), finish_reason="stop")

    def _recall(self, clip: Clip) -> Memory | None:
        with self._lock:
            start, end, memory = self._seen.get(clip.source, (0.0, 0.0, None))
        return memory if start < clip.start <= end + (clip.end - clip.start) else None

    def _keep(self, clip: Clip, memory: Memory) -> None:
        if not clip.source:
            return
        with self._lock:
            self._seen[clip.source] = clip.start, clip.end, memory
            self._seen.move_to_end(clip.source)
            while len(self._seen) > _CAMERAS:
                self._seen.popitem(last=False)

    def _count(self, clip: Clip) -> dict[str, int]:
        pictures = _few(clip.images(min(_DETECTOR_WIDTH, clip.width)))
        return {what: max(map(count, pictures)) for what, count in self._counters.items()}


def _few(pictures: Sequence[Image]) -> Sequence[Image]:
    """Take pictures from the inside of a clip, evenly spread."""
    count = min(_DETECTOR_FRAMES, len(pictures))
    return [pictures[(2 * at + 1) * len(pictures) // (2 * count)] for at in range(count)]
