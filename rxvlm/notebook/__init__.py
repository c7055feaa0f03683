"""`show`: a stream that displays itself in a notebook."""

from __future__ import annotations

from rxvlm.notebook.showing import show

__all__ = ["show"]
