"""How much moved, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.change import Masks, share

Amount = Literal["none", "slight", "moderate", "strong"]

_QUIET, _SLIGHT, _MODERATE = 0.001, 0.01, 0.1  # of the picture, in motion at once, at most
_SHAKING = 0.4  # of the picture, in motion at once: above it the camera itself may move


@dataclass(frozen=True, slots=True)
class Motion:
    """How much moved, and where.

    Attributes:
        amount: In a word.
        share: Of the picture that was in motion at once, at most, 0 to 1.
        shaking: Whether so much moved that the camera itself may have.
        trembled: Whether the camera trembled, by no more than could be undone.
        columns: Of all motion, the shares of the left, the middle and the right third.
        rows: The same of the top, the middle and the bottom.
    """

    amount: Amount
    share: float
    shaking: bool
    trembled: bool
    columns: tuple[float, ...]
    rows: tuple[float, ...]


def motion_of(shots: Sequence[Masks], *, moved: bool, trembled: bool) -> Motion | None:
    """Measure the motion within shots; None where none has two pictures.

    A thing that moves changes the picture where it was and where it is: half of what
    changed was in motion at once.

    Args:
        shots: What changed from each picture to the next, of each shot.
        moved: Whether something was seen to move, however little.
        trembled: Whether the camera did.
    """
    steps = np.concatenate(shots)
    if not len(steps):
        return None
    peak = max(map(share, steps)) / 2
    total = np.add.reduce(steps & 1, axis=0, dtype=np.uint16)
    columns, rows = (_thirds(total, axis) for axis in (0, 1))
    return Motion(_amount(peak, moved=moved), peak, peak > _SHAKING, trembled, columns, rows)


def _thirds(total: npt.NDArray[np.uint16], axis: int) -> tuple[float, ...]:
    """Give the shares of all motion that lie in the first, second and last third, across (0) or down (1)."""
    sums = total.sum(axis=axis)
    ends = [len(sums) * part // 3 for part in range(4)]
    counts = [float(sums[begin:end].sum()) for begin, end in pairwise(ends)]
    return tuple(count / (sum(counts) or 1.0) for count in counts)


def _amount(peak: float, *, moved: bool) -> Amount:
    if peak < _QUIET:
        return "slight" if moved else "none"
    return "slight" if peak < _SLIGHT else "moderate" if peak < _MODERATE else "strong"
