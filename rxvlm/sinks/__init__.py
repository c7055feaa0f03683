"""Sinks: one observer of analyses per file, such as a writer of JSON lines."""

from __future__ import annotations

from rxvlm.sinks.clips import save_clips
from rxvlm.sinks.jsonl import as_record, write_jsonl

__all__ = ["as_record", "save_clips", "write_jsonl"]


def __dir__() -> list[str]:
    return sorted(__all__)
