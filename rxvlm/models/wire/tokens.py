"""Estimate the tokens of a question by the rule that DashScope publishes for Qwen-VL; others need about as many."""

from __future__ import annotations

import math
from math import inf

from rxvlm.clip import Clip

PATCH = 32  # pixels of the side of a square that is one token; 28 for Qwen2.5-VL and QVQ
MIN_PIXELS = 65_536
MAX_PIXELS = 655_360
TOTAL_PIXELS = 134_217_728
LEAST_FRAMES = 4
_AROUND = 20  # tokens of the roles and separators around a question


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
    """Estimate the tokens of a video by the published rule; two frames share one set of tokens.

    Args:
        frames: How many frames the model looks at: seconds times its sampling rate.
        width: Pixels across.
        height: Pixels down.
        patch: Pixels of the side of a square that becomes one token.
        min_pixels: The fewest pixels of a frame.
        max_pixels: The most pixels of a frame.
        total_pixels: The most pixels of all frames together.

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
    """Estimate the tokens of a clip if the model looks at every frame."""
    return video_tokens(len(clip.times), clip.width, clip.height)


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text: one for four ASCII characters, one for each other character."""
    plain = sum(character.isascii() for character in text)
    return math.ceil(plain / 4) + len(text) - plain


def question_tokens(clip: Clip, prompt: str) -> int:
    """Estimate the input tokens of a question about a clip."""
    return clip_tokens(clip) + text_tokens(prompt) + _AROUND


def token_count(value: object) -> int | None:
    """Return a number of tokens in a server's usage, which may be a float; None if it is not a number.

    >>> token_count(900.0), token_count("many"), token_count(-5), token_count(float("inf"))
    (900, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < inf else None
