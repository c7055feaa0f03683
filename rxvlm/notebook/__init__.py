"""The face in a notebook: `show`."""

from __future__ import annotations

from rxvlm.notebook.showing import show

__all__ = ["show"]
