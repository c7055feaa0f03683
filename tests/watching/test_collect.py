from __future__ import annotations

import pytest
import reactivex
from reactivex import operators as ops

from rxvlm import collect


def test_all_items_until_the_end() -> None:
    """Without a number it waits for the end."""
    assert collect(reactivex.from_iterable([1, 2, 3])) == [1, 2, 3]


def test_some_items_of_an_endless_stream() -> None:
    """With a number it disposes of the stream when it has that many items."""
    left: list[bool] = []
    endless = reactivex.interval(0.001).pipe(ops.finally_action(lambda: left.append(True)))
    assert collect(endless, 3) == [0, 1, 2]
    assert left == [True]


def test_an_error_is_raised() -> None:
    """The stream's error is raised in the caller."""
    with pytest.raises(KeyError):
        collect(reactivex.throw(KeyError("x")))


def test_a_number_below_1_is_refused() -> None:
    """Waiting for no items is an error at once."""
    with pytest.raises(ValueError, match="at least 1"):
        collect(reactivex.empty(), 0)
