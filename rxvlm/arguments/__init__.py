"""Checks of arguments, and the messages about wrong values."""

from __future__ import annotations

from rxvlm.arguments.calls import suggest_options
from rxvlm.arguments.describing import check_called, check_stream, describe
from rxvlm.arguments.kinds import Kinds
from rxvlm.arguments.numbers import check_above_zero, check_at_least, check_integer, check_not_negative, check_number
from rxvlm.arguments.shown_types import with_shown_types

__all__ = [
    "Kinds",
    "check_above_zero",
    "check_at_least",
    "check_called",
    "check_integer",
    "check_not_negative",
    "check_number",
    "check_stream",
    "describe",
    "suggest_options",
    "with_shown_types",
]
