"""The command line `rxvlm`: one file for each command, and the run that `watch` and `demo` share."""

from __future__ import annotations

from rxvlm.cli.app import main

__all__ = ["main"]
