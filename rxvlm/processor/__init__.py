"""AsyncVideoProcessor, which takes pushed frames and returns answers, and its parts."""

from __future__ import annotations

from rxvlm.processor.processor import AsyncVideoProcessor

__all__ = ["AsyncVideoProcessor"]
