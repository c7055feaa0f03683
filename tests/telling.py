"""Analyses and events to be sent, for tests of sinks."""

from __future__ import annotations

from typing import Any

from rxvlm import Analysis, Clip, Event

JPEG = b"\xff\xd8 a picture \xff\xd9"
CLIP = Clip((b"\xff\xd8 older", JPEG), "image/jpeg", (10.0, 12.5), 8, 8, 10.0, 20.0, captured=1000.0, source="yard")


def answer(text: str = "A person.", **facts: Any) -> Analysis:
    return Analysis(facts.pop("clip", CLIP), "What?", "m", 1000.0, 1001.0, text, **facts)


def event(phase: Any = "start", number: int = 1, **facts: Any) -> Event:
    known: dict[str, Any] = {
        "id": f"e{number}",
        "name": "intruder",
        "camera": "yard",
        "start": 10.0,
        "end": 20.0 if phase == "start" else 50.0,
        "captured": 990.0,
        "count": 1 if phase == "start" else 4,
        "reason": "cleared" if phase == "end" else None,
        "analysis": answer(),
    }
    return Event(phase=phase, **{**known, **facts})
