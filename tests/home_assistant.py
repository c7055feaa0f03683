"""What Home Assistant documents of its MQTT discovery, as a schema; and a check of all that a subscriber heard.

Written from https://www.home-assistant.io/integrations/mqtt/ and the pages of the platforms there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from mosquitto import Message

TOPIC = {"type": "string", "pattern": "^[^+#\\x00$][^+#\\x00]*$"}
TEXT = {"type": "string", "minLength": 1}
BINARY_SENSORS = [
    "battery", "battery_charging", "carbon_monoxide", "cold", "connectivity", "door", "garage_door", "gas", "heat",
    "light", "lock", "moisture", "motion", "moving", "occupancy", "opening", "plug", "power", "presence", "problem",
    "running", "safety", "smoke", "sound", "tamper", "update", "vibration", "window",
]  # fmt: skip
COMMON = {
    "p": TEXT,
    "name": {"type": ["string", "null"]},
    "unique_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    "icon": {"type": "string", "pattern": "^mdi:[a-z-]+$"},
    "entity_category": {"enum": ["config", "diagnostic"]},
    "json_attributes_topic": TOPIC,
    "qos": {"enum": [0, 1, 2]},
}
PLATFORMS: dict[str, dict[str, Any]] = {
    "sensor": {
        "required": ["state_topic"],
        "properties": {
            "state_topic": TOPIC,
            "device_class": {"enum": ["duration", "timestamp"]},  # of those that this library has a use for
            "unit_of_measurement": {"enum": ["d", "h", "min", "s", "ms"]},  # of a duration
            "state_class": {"enum": ["measurement", "total", "total_increasing"]},
        },
        "dependentRequired": {"unit_of_measurement": ["device_class"]},
    },
    "binary_sensor": {
        "required": ["state_topic"],
        "properties": {"state_topic": TOPIC, "device_class": {"enum": BINARY_SENSORS}},
    },
    "event": {
        "required": ["state_topic", "event_types"],
        "properties": {
            "state_topic": TOPIC,
            "event_types": {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
            "device_class": {"enum": ["button", "doorbell", "motion"]},
        },
    },
    "image": {
        "required": ["image_topic"],
        "properties": {"image_topic": TOPIC, "content_type": {"enum": ["image/jpeg", "image/png"]}},
    },
}
DEVICE = {
    "type": "object",
    "required": ["dev", "o", "cmps"],
    "additionalProperties": False,
    "properties": {
        "dev": {
            "type": "object",
            "required": ["ids"],
            "additionalProperties": False,
            "properties": {
                "ids": {"type": "array", "items": TEXT, "minItems": 1},
                **dict.fromkeys(["name", "mf", "mdl", "sw", "hw", "sn", "cu"], TEXT),
            },
        },
        "o": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": dict.fromkeys(["name", "sw", "url"], TEXT),
        },
        "avty": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["topic"], "properties": {"topic": TOPIC}},
        },
        "qos": {"enum": [0, 1, 2]},
        "cmps": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$"},
            "additionalProperties": {
                "required": ["p", "unique_id"],
                "oneOf": [
                    {
                        **rest,
                        "properties": {**COMMON, **rest["properties"], "p": {"const": platform}},
                        "additionalProperties": False,
                    }
                    for platform, rest in PLATFORMS.items()
                ],
            },
        },
    },
}
CONFIG_TOPIC = re.compile(r"homeassistant/device/[A-Za-z0-9_-]+/config")


def check(messages: Iterable[Message]) -> dict[str, dict[str, Any]]:
    """Check messages as Home Assistant reads them; return the components that were announced, by their state's topic.

    Every topic is one that was announced, but that of the availability and the attributes.
    """
    Draft202012Validator.check_schema(DEVICE)
    found: dict[str, dict[str, Any]] = {}
    seen, availability, attributes, unique = list(messages), set[str](), set[str](), dict[str, str]()
    for message in seen:
        if CONFIG_TOPIC.fullmatch(message.topic) and message.payload:
            Draft202012Validator(DEVICE).validate(message.json)
            availability |= {one["topic"] for one in message.json["avty"]}
            for component in message.json["cmps"].values():
                topic = component.get("state_topic") or component["image_topic"]
                assert unique.setdefault(component["unique_id"], topic) == topic, "a unique_id is that of two entities"
                found[topic] = component
                attributes.add(component.get("json_attributes_topic", topic))
    for message in seen:
        check_state(message, found, availability, attributes)
    return found


def check_state(
    message: Message, found: dict[str, dict[str, Any]], availability: set[str], attributes: set[str]
) -> None:
    """Check one message that is not the description of a device."""
    if message.topic.startswith("test/") or message.topic == "homeassistant/status" or not message.payload:
        return
    if CONFIG_TOPIC.fullmatch(message.topic):
        return
    if message.topic in availability:
        assert message.text in {"online", "offline"}
    elif message.topic not in found:
        assert message.topic in attributes, f"{message.topic} was not announced"
        assert isinstance(message.json, dict)
    else:
        CHECKS[found[message.topic]["p"]](message, found[message.topic])


def check_sensor(message: Message, component: dict[str, Any]) -> None:
    assert 0 < len(message.text) <= 255
    assert "unit_of_measurement" not in component or message.text == "None" or float(message.text) >= 0


def check_binary_sensor(message: Message, _component: dict[str, Any]) -> None:
    assert message.text in {"ON", "OFF", "None"}


def check_event(message: Message, component: dict[str, Any]) -> None:
    assert not message.retained, "Home Assistant would see a retained event again with each start"
    assert json.loads(message.payload)["event_type"] in component["event_types"]


def check_image(message: Message, component: dict[str, Any]) -> None:
    assert component["content_type"] == "image/jpeg"
    assert message.payload.startswith(b"\xff\xd8")
    assert message.payload.endswith(b"\xff\xd9")


CHECKS = {"sensor": check_sensor, "binary_sensor": check_binary_sensor, "event": check_event, "image": check_image}
