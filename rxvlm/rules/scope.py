"""Which cameras a rule makes events about."""

from __future__ import annotations

from rxvlm.rules.outlet import AnyRule
from rxvlm.rules.system import ModelDown


def is_about(rule: AnyRule, camera: str) -> bool:
    """Return whether a rule may make events about a camera.

    >>> from rxvlm.rules import model_down, rule
    >>> gate = rule("open", lambda analysis: True, cameras=["gate"])
    >>> is_about(gate, "gate"), is_about(gate, "yard"), is_about(model_down, "yard"), is_about(model_down, "")
    (True, False, False, True)

    Args:
        rule: The rule.
        camera: The camera's name; "" stands for no single one.
    """
    if isinstance(rule, ModelDown):
        return not camera
    cameras = getattr(rule, "cameras", None)
    return bool(camera) and (cameras is None or camera in cameras)
