"""expected: windows on their way past the ledger of their source."""

from __future__ import annotations

from typing import Any

from reactivex import Observable
from reactivex import operators as ops

from rxvlm.stream.stream import Operator, Stream
from rxvlm.window import Window


def expected(source: Observable[Any]) -> Operator[Window, Window]:
    """Tell the ledger that a stream carries, if it does, of each window that was made of the stream's frames.

    Args:
        source: The stream of frames.
    """
    origin = Stream.of(source).origin
    return ops.do_action(lambda window: origin.expect(window.span))
