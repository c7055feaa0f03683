"""What is kept of a clip, to look at the next one of the same camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rxvlm.models.vision.change import Mask
from rxvlm.models.vision.small import Plane
from rxvlm.models.vision.steady import Steady
from rxvlm.models.vision.still import moved, shift_of


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is kept of a clip: three small pictures, two masks and a number.

    Attributes:
        scene: Luma of the scene, with what came to rest in it.
        behind: The same, but where something came to rest, what was seen there before.
        parked: Where that is.
        last: Luma of the last picture.
        arrived: What came and was still there at the end, not at rest.
        light: Mean light of the scene, 0 to 255.
    """

    scene: Plane
    behind: Plane
    parked: Mask
    last: Plane
    arrived: Mask
    light: float

    def laid_on(self, picture: Plane) -> Memory:
        """Give the same as a camera sees it that trembled and sees a picture now."""
        shift = shift_of(self.last, picture)
        scene, behind, last = (moved(plane, shift, picture) for plane in (self.scene, self.behind, self.last))
        parked, arrived = (moved(mask, shift, np.zeros_like(mask)) for mask in (self.parked, self.arrived))
        return Memory(scene, behind, parked, last, arrived, self.light)

    def under(self, steady: Steady) -> Memory:
        """Give the same in the light of the pictures of the next clip."""
        scene, behind, last = steady.from_before([self.scene, self.behind, self.last])
        return Memory(scene, behind, self.parked, last, self.arrived, self.light)

    @staticmethod
    def none(steady: Steady) -> Memory:
        """Give what is kept where nothing is: pretend that the last clip showed the first picture of this one."""
        first, blank = steady.pictures[0], np.zeros_like(steady.slack)
        return Memory(first, first, blank, first, blank, 0.0)
