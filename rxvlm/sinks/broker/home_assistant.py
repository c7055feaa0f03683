"""The message about a camera for Home Assistant: it describes its device and all its entities."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from rxvlm.sinks.broker.topics import Topics, availability, safe_id

EVENT_TYPES: Final = ("start", "end")
"""The phases of an event that are sent to Home Assistant when they happen."""


def config_topic(discovery: str, topics: Topics) -> str:
    """Return the topic at which Home Assistant expects the description of a camera's device."""
    return f"{discovery}/device/{topics.device}/config"


def birth_topic(discovery: str) -> str:
    """Return the topic at which Home Assistant says that it is there."""
    return f"{discovery}/status"


def device_config(topics: Topics, rules: Collection[str], version: str) -> dict[str, Any]:
    """Return the description of a camera's device, in the form of Home Assistant's device discovery.

    Args:
        topics: The camera's topics.
        rules: The names of the rules that make events of its answers.
        version: That of this library.
    """
    components = {} if not topics.camera else _camera(topics)
    for name in rules:
        components |= _rule(topics, name)
    return {
        "dev": {
            "ids": [topics.device],
            "name": topics.camera or topics.prefix,
            "mf": "rxvlm",
            "mdl": "camera" if topics.camera else "system",
            "sw": version,
        },
        "o": {"name": "rxvlm", "sw": version},
        "avty": [{"topic": availability(topics.prefix)}],
        "qos": 1,
        "cmps": {key: {**component, "unique_id": f"{topics.device}_{key}"} for key, component in components.items()},
    }


def _camera(topics: Topics) -> dict[str, Mapping[str, Any]]:
    base = topics.base
    return {
        "answer": {
            "p": "sensor",
            "name": "Answer",
            "icon": "mdi:message-text-outline",
            "state_topic": f"{base}/answer",
            "json_attributes_topic": f"{base}/answer/attributes",
        },
        "picture": {
            "p": "image",
            "name": "Picture",
            "image_topic": f"{base}/picture",
            "content_type": "image/jpeg",
        },
        "connected": {
            "p": "binary_sensor",
            "name": "Connected",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": f"{base}/connected",
        },
        "age": {
            "p": "sensor",
            "name": "Age",
            "device_class": "duration",
            "unit_of_measurement": "s",
            "state_class": "measurement",
            "entity_category": "diagnostic",
            "state_topic": f"{base}/age",
        },
    }


def _rule(topics: Topics, name: str) -> dict[str, Mapping[str, Any]]:
    at, key = topics.rule(name), safe_id(name)
    return {
        f"rule_{key}": {
            "p": "binary_sensor",
            "name": name,
            "state_topic": at,
            "json_attributes_topic": f"{at}/attributes",
        },
        f"events_{key}": {
            "p": "event",
            "name": name,
            "state_topic": f"{at}/event",
            "event_types": list(EVENT_TYPES),
        },
    }
