"""The picture in the how-to on Home Assistant is drawn from what is published."""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def test_the_picture_shows_what_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words, all names and states, are those that are drawn today."""
    spec = spec_from_file_location("home_assistant_picture", PICTURES / "home_assistant.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    drawn, kept = module.draw(module.payloads()), (PICTURES / "home-assistant.svg").read_text(encoding="utf-8")
    words = re.compile(r"<text[^>]*>([^<]*)</text>")
    assert words.findall(drawn) == words.findall(kept)
    assert {"yard", "Answer", "someone at the door", "On", "start", "Connected", "2.1 s"} <= set(words.findall(kept))
