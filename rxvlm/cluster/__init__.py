"""The same over Ray: cameras watched by many processes and machines, which may die, come and go."""

from __future__ import annotations

from rxvlm.cluster.recipe import Recipe, recipe
from rxvlm.cluster.watch_all import watch_all

__all__ = ["Recipe", "recipe", "watch_all"]
