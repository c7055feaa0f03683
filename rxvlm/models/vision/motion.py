"""How much moved in a clip, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.change import Masks, marked_share

Amount = Literal["none", "slight", "moderate", "strong"]

_QUIET, _SLIGHT, _MODERATE = 0.001, 0.01, 0.1  # largest share of the picture in motion at once, for each amount
_SHAKING = 0.4  # share of the picture in motion at once above which the camera itself may have moved


@dataclass(frozen=True, slots=True)
class Motion:
    """How much moved, and where.

    Attributes:
        amount: How much moved, as a word.
        share: The largest share of the picture that was in motion at once, 0 to 1.
        shaking: Whether so much moved that the camera itself may have.
        trembled: Whether the camera shook slightly, and the pictures could be aligned.
        columns: Shares of all motion in the left, middle and right third of the picture.
        rows: Shares of all motion in its top, middle and bottom third.
    """

    amount: Amount
    share: float
    shaking: bool
    trembled: bool
    columns: tuple[float, ...]
    rows: tuple[float, ...]


def measure_motion(shots: Sequence[Masks], *, moved: bool, trembled: bool) -> Motion | None:
    """Measure the motion within shots; return None if no shot has two pictures.

    A moving thing changes the picture both where it was and where it is now. So half of
    the changed area was in motion at once.

    Args:
        shots: For each shot, the masks of what changed from one picture to the next.
        moved: Whether any region moved, however little.
        trembled: Whether the camera shook slightly.
    """
    steps = np.concatenate(shots)
    if not len(steps):
        return None
    peak = max(map(marked_share, steps)) / 2
    total = np.add.reduce(steps & 1, axis=0, dtype=np.uint16)
    columns, rows = (_thirds(total, axis) for axis in (0, 1))
    return Motion(_amount(peak, moved=moved), peak, peak > _SHAKING, trembled, columns, rows)


def _thirds(total: npt.NDArray[np.uint16], axis: int) -> tuple[float, ...]:
    """Return the shares of all motion in each third of the picture: columns for axis 0, rows for axis 1."""
    sums = total.sum(axis=axis)
    ends = [len(sums) * part // 3 for part in range(4)]
    counts = [float(sums[begin:end].sum()) for begin, end in pairwise(ends)]
    return tuple(count / (sum(counts) or 1.0) for count in counts)


def _amount(peak: float, *, moved: bool) -> Amount:
    if peak < _QUIET:
        return "slight" if moved else "none"
    return "slight" if peak < _SLIGHT else "moderate" if peak < _MODERATE else "strong"
