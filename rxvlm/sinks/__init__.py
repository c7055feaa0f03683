"""Sinks: send analyses and events to files, webhooks, brokers and programs; one sink a file."""

from __future__ import annotations

from rxvlm.sinks.clips import save_clips
from rxvlm.sinks.command import command
from rxvlm.sinks.jsonl import as_record, write_jsonl
from rxvlm.sinks.mqtt import mqtt
from rxvlm.sinks.sink import Sink
from rxvlm.sinks.sink_from import sink_from
from rxvlm.sinks.webhook import webhook

__all__ = ["Sink", "as_record", "command", "mqtt", "save_clips", "sink_from", "webhook", "write_jsonl"]


def __dir__() -> list[str]:
    return sorted(__all__)
