from __future__ import annotations

from math import ceil

import pytest

from rxvlm.clip import JPEG, Clip
from rxvlm.models.wire.chat_completions.capabilities import Form
from rxvlm.models.wire.chat_completions.token_check import enough_tokens
from rxvlm.models.wire.tokens import text_tokens, video_tokens

PROMPT = "Describe what happens in this clip, in one or two sentences. Say who comes, who goes, and where."
AROUND = 25  # tokens of a system prompt and of the marks of a chat
LABEL = 11  # tokens of "Frame 3, t=1.50 s:"
SIZES = [(160, 120), (320, 240), (640, 480), (1280, 720)]
LENGTHS = [(4, 2.0), (8, 4.0), (8, 10.0), (16, 8.0), (100, 10.0)]


def clip(frames: int, seconds: float, size: tuple[int, int]) -> Clip:
    times = tuple(index * seconds / frames for index in range(frames))
    return Clip((b"",) * frames, JPEG, times, *size, 0.0, seconds)


def frugal(frames: int, seconds: float, size: tuple[int, int], form: Form) -> dict[str, int]:
    """Tokens of the servers and models that need the fewest, for a clip."""
    width, height = size
    if form == "images":
        return {
            "64 a picture": 64 * frames,
            "patches of 32": (width // 32) * (height // 32) * frames,
            "low detail": 85 * frames,
        }
    sampled = max(4, round(2 * seconds))
    return {
        "Qwen at 2 a second": video_tokens(sampled, width, height, min_pixels=0),
        "66 at one a second": 66 * ceil(seconds),
        "16 a frame": 16 * min(frames, 32),
        "64 for six at once": 64 * ceil(frames / 6),
        "8 frames in all": 64 * min(frames, 8),
    }


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("frames", "seconds"), LENGTHS)
@pytest.mark.parametrize("form", ["video", "images"])
def test_no_honest_server_is_doubted(form: Form, frames: int, seconds: float, size: tuple[int, int]) -> None:
    """Counts of the most economical encoders, with a tokenizer better than the estimate, are accepted."""
    for tokens in frugal(frames, seconds, size, form).values():
        assert enough_tokens(clip(frames, seconds, size), form, PROMPT, tokens + round(0.6 * text_tokens(PROMPT)))


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize(("frames", "seconds"), LENGTHS[1:])
@pytest.mark.parametrize("form", ["video", "frames", "images"])
def test_usage_of_the_text_alone_is_seen(form: Form, frames: int, seconds: float, size: tuple[int, int]) -> None:
    """A count that holds the text, as estimated, and the marks around it, cannot hold a clip."""
    prompt = "What happens here? Answer in one sentence."
    labels = LABEL * min(frames, 8) if form == "images" else 0
    assert not enough_tokens(clip(frames, seconds, size), form, prompt, text_tokens(prompt) + AROUND + labels)
