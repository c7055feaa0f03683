from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from av import VideoFrame

from rxvlm.media import jpeg, mp4
from rxvlm.models.wire.tokens import text_tokens, video_tokens
from rxvlm.testing.server.token_counts import count_tokens

SIZE = (640, 480)
VIDEO_TOKENS = 602  # published for two seconds of this size


@pytest.fixture(scope="module")
def video() -> bytes:
    picture = VideoFrame.from_ndarray(np.zeros((480, 640, 3), np.uint8), format="bgr24")
    return mp4.encode([(at / 2, picture) for at in range(4)], size=SIZE, end=2.0)


@pytest.fixture(scope="module")
def picture() -> bytes:
    return jpeg.encode(np.zeros((480, 640, 3), np.uint8))


def url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def count(*parts: dict[str, Any], uploads: dict[str, bytes] | None = None) -> tuple[int, int, int]:
    body = {"messages": [{"role": "user", "content": list(parts)}]}
    counts = count_tokens(body, "", "", uploads or {})
    assert counts == count_tokens({"input": body}, "", "", uploads or {})
    return counts.text, counts.video, counts.image


def test_a_video_costs_what_is_published(video: bytes) -> None:
    """In either protocol, inline or uploaded."""
    inline = url(video, "video/mp4")
    assert count({"video": inline}) == (0, VIDEO_TOKENS, 0)
    assert count({"type": "video_url", "video_url": {"url": inline}}) == (0, VIDEO_TOKENS, 0)
    assert count({"video": "oss://a/b"}, uploads={"a/b": video}) == (0, VIDEO_TOKENS, 0)


def test_the_parts_own_bounds_count(video: bytes) -> None:
    """The rate asked for, the most frames and the pixels make it dearer or cheaper."""
    part = {"video": url(video, "video/mp4")}
    assert count({**part, "fps": 10}) == (0, video_tokens(20, *SIZE), 0)
    assert count({**part, "fps": 10, "max_frames": 6}) == (0, video_tokens(6, *SIZE), 0)
    assert count({**part, "max_pixels": 100_000}) == (0, video_tokens(4, *SIZE, max_pixels=100_000), 0)


def test_a_list_of_pictures_costs_by_their_number(picture: bytes) -> None:
    """Their rate says when they were, not how many are looked at."""
    assert count({"video": [url(picture, "image/jpeg")] * 6, "fps": 1}) == (0, video_tokens(6, *SIZE), 0)


def test_a_picture_costs_what_two_frames_share(picture: bytes) -> None:
    """Each by itself, in either protocol."""
    one = (VIDEO_TOKENS - 2) // 2 + 2
    inline = url(picture, "image/jpeg")
    assert count({"image": inline}, {"type": "image_url", "image_url": {"url": inline}}) == (0, 0, 2 * one)


def test_what_cannot_be_seen_costs_nothing(video: bytes) -> None:
    """Neither a foreign address nor damaged data, but the text does."""
    addresses = ["https://elsewhere/clip.mp4", "data:video/mp4;base64,!", url(video[:99], "video/mp4"), "oss://gone"]
    parts: list[dict[str, Any]] = [{"video": address} for address in addresses]
    assert count(*parts, {"text": "What is it?"}) == (text_tokens("What is it?"), 0, 0)


def test_text_may_be_the_whole_content() -> None:
    """A system's plain text counts, and so do the answer and the thoughts."""
    counts = count_tokens({"messages": [{"role": "system", "content": "Be brief."}]}, "a cat", "well now", {})
    assert (counts.asked, counts.answered) == (text_tokens("Be brief."), text_tokens("a cat") + text_tokens("well now"))


@pytest.mark.parametrize("body", [{}, {"messages": 3}, {"messages": [1, {"content": None}]}, {"input": []}])
def test_a_question_without_sense_costs_nothing(body: Any) -> None:
    """What looks like no chat has no parts."""
    assert count_tokens(body, "", "", {}).asked == 0
