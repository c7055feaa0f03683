"""The command line: `rxvlm ...`."""

from __future__ import annotations

from rxvlm.cli.app import main

__all__ = ["main"]
