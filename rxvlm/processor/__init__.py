"""AsyncVideoProcessor: frames are pushed, answers are taken; and its parts."""

from __future__ import annotations

from rxvlm.processor.processor import AsyncVideoProcessor

__all__ = ["AsyncVideoProcessor"]
