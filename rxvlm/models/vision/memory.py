"""What is remembered of a clip, to compare it with the next one of the same camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rxvlm.models.vision.alignment import apply_shift, find_shift
from rxvlm.models.vision.change import Mask
from rxvlm.models.vision.even_light import EvenedPictures
from rxvlm.models.vision.small import Plane


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is remembered of a clip: three small pictures, two masks and a number.

    Attributes:
        background: Luma of the background, with the things that came to rest in it.
        uncovered: Luma of the background without those things.
        parked: Mask of those things.
        last: Luma of the last picture.
        arrived: Mask of the things that came, were there at the end, and had not come to rest.
        light: Mean light of the scene, 0 to 255.
    """

    background: Plane
    uncovered: Plane
    parked: Mask
    last: Plane
    arrived: Mask
    light: float

    def aligned_to(self, picture: Plane) -> Memory:
        """Return this memory shifted to match a picture of the same, shaken camera."""
        shift = find_shift(self.last, picture)
        background, uncovered, last = (
            apply_shift(plane, shift, picture) for plane in (self.background, self.uncovered, self.last)
        )
        parked, arrived = (apply_shift(mask, shift, np.zeros_like(mask)) for mask in (self.parked, self.arrived))
        return Memory(background, uncovered, parked, last, arrived, self.light)

    def in_light_of(self, evened: EvenedPictures) -> Memory:
        """Return this memory in the light of the next clip's pictures."""
        background, uncovered, last = evened.from_previous_clip([self.background, self.uncovered, self.last])
        return Memory(background, uncovered, self.parked, last, self.arrived, self.light)

    @staticmethod
    def none(evened: EvenedPictures) -> Memory:
        """Return the memory for a first clip, as if a previous one had shown only this clip's first picture."""
        first, blank = evened.pictures[0], np.zeros_like(evened.tolerance)
        return Memory(first, first, blank, first, blank, 0.0)
