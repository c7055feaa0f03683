from __future__ import annotations

import pytest

from rxvlm.models.wire.streamed_body import StreamedBody


def test_a_body_with_clips_is_never_whole() -> None:
    """It comes in chunks, and is of the length that it says."""
    body = StreamedBody(b"a<clip>b", "<clip>", [bytes(1_000_000)])
    chunks = list(body)
    assert sum(map(len, chunks)) == len(body)
    assert max(map(len, chunks)) == 65_536


def test_every_clip_has_its_mark() -> None:
    """A body with another number of marks is not sent."""
    with pytest.raises(ValueError, match="zip"):
        StreamedBody(b"no mark", "<clip>", [b"x"])
