"""LossReason: why an item was lost, or left out on purpose."""

from __future__ import annotations

from typing import Literal, TypeAlias

LossReason: TypeAlias = Literal[
    "overflow",  # a queue was full
    "stale",  # it was too old when its turn to be asked about came
    "late",  # it came, or was answered, too late
    "undecodable",  # its packets give no picture
    "unencodable",  # no clip could be made of it
    "strategy",  # the user's sampling function failed on it
    "skipped",  # it was left out on purpose
    "skipped:gap",  # so was a frame that lies between windows
    "skipped:gate",  # so was a window behind a closed gate
    "skipped:short",  # so was the last window of a source that ended just after its start
    "skipped:paused",  # so was a window whose turn to be asked about came while asking was paused
    "skipped:fragment",  # so was a window when another one of the same span had more frames
    "thinned",  # it was left out on purpose, to lower the frame rate
    "cooldown",  # an event began too soon after the one before
    "died",  # the process that had it died; see `rxvlm.cluster`
    "fenced",  # its answer came from a process whose camera had been given to another one
    "disposed",  # the subscriber disposed of the stream
    "error",  # the stream ended with an error
]
"""Why an item was lost, or left out on purpose; what stands before a colon is the term under which it is counted."""
