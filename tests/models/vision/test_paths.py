"""Parts of masks linked into paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rxvlm.models.vision.paths import Region, find_regions
from rxvlm.models.vision.small import SmallPicture

Place = tuple[int, int, int, int]


def linked(*frames: Sequence[Place], stir: bool = True, gap: float = 1.25) -> list[Region]:
    """Link boxes (x, y, width, height in pixels of 160x90), some a frame."""
    masks = np.zeros((len(frames), 90, 160), np.uint8)
    for mask, boxes in zip(masks, frames, strict=True):
        for x, y, width, height in boxes:
            mask[y : y + height, x : x + width] = 255
    grey = SmallPicture(*(np.full(shape, 128, np.uint8) for shape in ((90, 160), (45, 80), (45, 80), (15, 640))))
    changes = [np.full((90, 160), 255 if stir else 0, np.uint8)] * (len(frames) + 1)
    return find_regions([grey] * len(frames), masks, changes, [at * gap for at in range(len(frames))])


def test_one_path() -> None:
    """What goes on from frame to frame is one region, with a spot in each."""
    (region,) = linked(*([(10 + 20 * at, 30, 10, 20)] for at in range(6)))
    assert len(region.spots) == 6
    assert region.state == "moved"
    assert (region.first, region.last) == (True, True)


def test_two_that_meet() -> None:
    """Two that pass each other go on as they went."""
    frames = [[(10 + 20 * at, 30, 8, 16), (130 - 20 * at, 50, 8, 16)] for at in range(6)]
    one, other = sorted(linked(*frames), key=lambda region: region.spots[0].box[0])
    assert one.spots[-1].box[0] > 0.6
    assert other.spots[-1].box[0] < 0.2


def test_a_gap_is_bridged() -> None:
    """What is hidden for one frame goes on."""
    (region,) = linked(*([(10 + 15 * at, 30, 10, 20)] if at != 2 else [] for at in range(6)))
    assert [spot.frame for spot in region.spots] == [0, 1, 3, 4, 5]


def test_a_speck_is_no_region() -> None:
    """What is small and seen once or at rest is not believed, what is small and on its way is."""
    assert linked([], [(50, 40, 3, 4)], []) == []
    assert linked(*([(50, 40, 3, 4)] for _ in range(6))) == []
    assert len(linked(*([(50 + 5 * at, 40, 3, 4)] for at in range(6)))) == 1


def test_light_does_not_jump() -> None:
    """What never changed at once is not followed to another place."""
    assert linked([(10, 30, 20, 20)], [(100, 30, 20, 20)], stir=False) == []


def test_a_piece_belongs() -> None:
    """A head above a coat is one region with it."""
    (region,) = linked(*([(30 + 12 * at, 30, 16, 30), (35 + 12 * at, 23, 6, 6)] for at in range(3)))
    assert region.spots[0].box[1] < 0.26
