"""The face in a notebook: `show`."""

from __future__ import annotations

from rxvlm.notebook.show import show

__all__ = ["show"]
