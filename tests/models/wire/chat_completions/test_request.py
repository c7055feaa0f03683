from __future__ import annotations

import json
import tracemalloc
from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from rxvlm.models.wire.chat_completions.request import Inline, json_body


@given(st.lists(st.binary(max_size=200_000), max_size=3), st.text(max_size=50))
def test_a_body_is_the_json_that_it_stands_for(clips: list[bytes], text: str) -> None:
    """The chunks join to the JSON of the content, and its length is known beforehand."""
    body = json_body({"text": text, "clips": [Inline(clip, "image/jpeg") for clip in clips]})
    written = b"".join(body)
    assert len(body) == len(written)
    read = json.loads(written)
    assert read["text"] == text
    heads, data = zip(*(url.split(",") for url in read["clips"]), strict=True) if clips else ((), ())
    assert set(heads) <= {"data:image/jpeg;base64"}
    assert [b64decode(one) for one in data] == clips


def test_a_body_is_made_as_it_is_sent() -> None:
    """A clip is never in memory as base64: sending takes little memory, however long the clip is."""
    body = json_body({"clip": Inline(b"x" * 10_000_000, "video/mp4")})
    tracemalloc.start()
    try:
        assert sum(map(len, body)) > 13_000_000
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()


def test_no_media_is_shown() -> None:
    """The repr shows the media type only: logs and tracebacks hold no clips."""
    assert repr(Inline(b"secret", "image/jpeg")) == "Inline(media_type='image/jpeg')"
