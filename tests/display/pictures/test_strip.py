"""How pictures fit into cells of a terminal."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rxvlm.display.pictures.strip import Fit, fit, strip

SIZE = st.tuples(st.integers(1, 8000), st.integers(1, 8000))
ROOM = st.tuples(st.integers(1, 200), st.integers(1, 60))


@given(size=SIZE, room=ROOM)
def test_they_never_leave_their_room(size: tuple[int, int], room: tuple[int, int]) -> None:
    """Whatever their shape: at least one, and all within the columns and the lines."""
    count, columns, rows = fit(size, room, (10, 20))
    assert count >= 1
    assert 1 <= rows <= room[1]
    assert count * columns + (count - 1) <= room[0]


def test_the_shape_is_kept() -> None:
    """A high picture takes few columns, a wide one few lines."""
    assert fit((360, 640), (48, 8), (10, 20)) == Fit(4, 9, 8)
    assert fit((1600, 100), (48, 8), (10, 20)) == Fit(1, 48, 2)


def test_pictures_stand_beside_each_other_with_one_black_cell_between() -> None:
    """In the order of their time."""
    images = [np.full((36, 64, 3), grey, np.uint8) for grey in (50, 90)]
    joined = strip(images, Fit(2, 4, 1), (1, 2))
    assert joined.shape == (2, 9, 3)
    assert joined[0, :, 0].tolist() == [50] * 4 + [0] + [90] * 4
