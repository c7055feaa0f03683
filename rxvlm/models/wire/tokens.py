"""How many tokens a question will cost: the rule that DashScope publishes for Qwen-VL, good enough for others."""

from __future__ import annotations

import math

from rxvlm.clip import Clip

PATCH = 32  # pixels of a token's side; 28 for Qwen2.5-VL and QVQ
MIN_PIXELS = 65_536
MAX_PIXELS = 655_360
TOTAL_PIXELS = 134_217_728
LEAST_FRAMES = 4
_AROUND = 20  # tokens of the roles and marks around a question


def video_tokens(
    frames: float,
    width: int,
    height: int,
    *,
    patch: int = PATCH,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    total_pixels: int = TOTAL_PIXELS,
) -> int:
    """Count the tokens of a video, by the published rule: two frames share theirs.

    Args:
        frames: How many the model looks at: seconds times its sampling rate.
        width: Pixels across.
        height: Pixels down.
        patch: Pixels of the side of what becomes one token.
        min_pixels: The least of a frame.
        max_pixels: The most of a frame.
        total_pixels: The most of all frames.

    >>> video_tokens(2 * 2.0, 640, 480), video_tokens(60 * 2.0, 1280, 720)
    (602, 35642)
    """
    count = max(LEAST_FRAMES, round(frames / 2) * 2)
    cap = min(max_pixels, max(min_pixels, total_pixels // count * 2))
    down, across = max(1, round(height / patch)) * patch, max(1, round(width / patch)) * patch
    if down * across > cap:
        shrink = math.sqrt(height * width / cap)
        down = max(1, math.floor(height / shrink / patch)) * patch
        across = max(1, math.floor(width / shrink / patch)) * patch
    return math.ceil(count / 2) * (down // patch) * (across // patch) + 2


def clip_tokens(clip: Clip) -> int:
    """Count the tokens of a clip whose every frame is looked at."""
    return video_tokens(len(clip.times), clip.width, clip.height)


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text: four letters each, or one character beyond ASCII."""
    plain = sum(character.isascii() for character in text)
    return math.ceil(plain / 4) + len(text) - plain


def question_tokens(clip: Clip, prompt: str) -> int:
    """Estimate the tokens that go in with a question."""
    return clip_tokens(clip) + text_tokens(prompt) + _AROUND
