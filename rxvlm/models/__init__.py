"""Models: one Vlm a file."""

from __future__ import annotations

from rxvlm.models.opencv import opencv

__all__ = ["opencv"]
