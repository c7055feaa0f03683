"""Rules: conditions, and the events that they make of answers."""

from __future__ import annotations

from rxvlm.rules.condition import Condition, condition
from rxvlm.rules.mutes import Mutes
from rxvlm.rules.outlet import AnyRule, Detector, Outlet
from rxvlm.rules.rule import Rule, rule
from rxvlm.rules.system import camera_away, model_down, nothing_answered

__all__ = [
    "AnyRule",
    "Condition",
    "Detector",
    "Mutes",
    "Outlet",
    "Rule",
    "camera_away",
    "condition",
    "model_down",
    "nothing_answered",
    "rule",
]
