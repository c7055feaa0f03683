"""AsyncVideoProcessor, which takes pushed frames and returns answers, and its parts."""

from __future__ import annotations

from rxvlm.processor.processor import AsyncVideoProcessor
from rxvlm.processor.sampling import nearest_in_time

__all__ = ["AsyncVideoProcessor", "nearest_in_time"]
