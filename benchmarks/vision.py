"""Measure what `models.opencv` costs in addition to decoding, and what it finds, misses and invents.

``python -m benchmarks.vision [CLIP...]`` from the root of a checkout with the ``test`` extra installed, with
files if you have some. For each clip of ten seconds, as `watch` makes it (8 frames, 640 pixels across), decoding
and asking take turns. The table gives the least, the median and the largest ratio of CPU seconds, of all threads.
Then it prints the answer about each clip of the files, to compare with what a person sees
(docs/reference/opencv.md), and the counts for the drawn cameras, whose truth is known.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import rxvlm
from rxvlm.clip import Clip
from rxvlm.media import mp4
from rxvlm.operators import buffer_by_time, encode_mp4, sample_evenly

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from models.vision.truth import Judged, judged

ROUNDS = 5
CAMERAS = "yard", "gate", "street"
DRAWN = [f"demo:{camera}?seconds=120" for camera in CAMERAS]
SEEDS = range(4)
LARGE, SMALL = 0.004, 0.001  # share of the picture


def clips_of(address: str) -> Sequence[Clip]:
    window = buffer_by_time(10.0), sample_evenly(8), encode_mp4(640, overflow="block")
    return rxvlm.collect(rxvlm.video(address).pipe(*window))


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def cost(address: str, clips: Sequence[Clip]) -> str:
    """Decode and answer in turn; return the time of an answer in addition to decoding, as a ratio to decoding."""
    vlm = rxvlm.models.opencv()
    ratios: list[float] = []
    decoding: list[float] = []
    for _ in range(ROUNDS):
        for clip in clips:
            decode = seconds(lambda clip=clip: list(mp4.decode(clip.data)) if isinstance(clip.data, bytes) else None)
            answer = seconds(lambda clip=clip: vlm.ask(clip, "").run())
            decoding.append(decode)
            ratios.append((answer - decode) / decode)
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    return f"{address:45} {statistics.median(decoding) * 1e3:6.1f} ms  {low:5.2f} {middle:5.2f} {high:5.2f}"


def by_size(facts: Sequence[tuple[float, int]]) -> str:
    """Count the facts that are large, small and tiny, and those that were visible only once."""
    several = [area for area, moments in facts if moments > 1]
    counts = (
        sum(area >= LARGE for area in several),
        sum(SMALL <= area < LARGE for area in several),
        sum(area < SMALL for area in several),
        len(facts) - len(several),
    )
    return " ".join(f"{count:5}" for count in counts)


def count(camera: str) -> str:
    verdicts: list[Judged] = [judged(camera, seed) for seed in SEEDS]
    hits = [fact for verdict in verdicts for fact in verdict.hits]
    misses = [fact for verdict in verdicts for fact in verdict.misses]
    inventions = sum(len(verdict.inventions) for verdict in verdicts)
    return f"{camera:8} {by_size(hits)}   | {by_size(misses)}   | {inventions:5}"


def main(files: Sequence[str]) -> None:
    sources = {address: clips_of(address) for address in [*files, *DRAWN]}
    print(f"{'CPU in addition to decoding':45} {'decoding':>9}  least median largest")
    for address, clips in sources.items():
        print(cost(Path(address).name, clips), flush=True)
    for address in files:
        print(f"\n{Path(address).name}")
        vlm = rxvlm.models.opencv()
        for clip in sources[address]:
            print(f"{clip.start:6.0f} s  {vlm.ask(clip, '').run().text}")
    print(f"\n{len(SEEDS)} drawn days each: found and missed, by size: large, small, tiny, visible once; inventions")
    for camera in CAMERAS:
        print(count(camera), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
