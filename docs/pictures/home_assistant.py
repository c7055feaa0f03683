"""Draw what Home Assistant shows of a camera, from what `sinks.mqtt` publishes.

``python docs/pictures/home_assistant.py``
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any, Final

from rxvlm import Analysis, Event, Ledger, collect, rule, vlm_from, watch
from rxvlm.sinks.broker.devices import Devices

HERE = Path(__file__).parent
FILMED: Final = 1_790_000_000.0  # seconds since 1970
SAID: Final = "A person in a purple shirt walks past the door, from the left to the right."
WIDTH, ROW, LEFT, TOP = 760, 44, 24, 24
GREY, BLUE, LINE = "#727272", "#03a9f4", "#e0e0e0"
SHAPES: Final = {
    "sensor": '<path d="M4 4h16v12H8l-4 4z" fill="none" stroke="{0}" stroke-width="2"/>',
    "binary_sensor": '<circle cx="12" cy="12" r="8" fill="{0}"/>',
    "event": '<path d="M13 2 5 14h6l-1 8 8-12h-6z" fill="{0}"/>',
    "image": '<path d="M3 4h18v16H3z M6 17h12l-4-6-3 4-2-2z" fill="none" stroke="{0}" stroke-width="2"/>',
}


class Recorder:
    """Takes what would go to a broker: the newest of each topic, and the events."""

    connected = True

    def __init__(self) -> None:
        self.retained: dict[str, Any] = {}
        self.sent: list[tuple[str, Any]] = []

    def retain(self, topic: str, payload: str | bytes) -> None:
        """Keep the newest payload of a topic."""
        self.retained[topic] = payload

    def send(self, topic: str, payload: str) -> None:
        """Keep an event."""
        self.sent.append((topic, json.loads(payload)))


def payloads() -> Recorder:
    """Return what is published about a yard in which somebody has just been seen."""
    alert = rule("someone at the door", lambda analysis: analysis.value["people"] > 0)
    ledger, recorder = Ledger("yard"), Recorder()
    film = watch("demo:yard?seconds=8&fps=8&width=640&height=360", vlm_from(lambda _clip, _prompt: SAID), every=4.0)
    clip = replace(collect(film)[1].clip, captured=FILMED)
    answer = Analysis(clip, "What happens?", "qwen3-vl", FILMED + 0.5, FILMED + 2.1, SAID, {"people": 1})
    ledger.state("live")
    devices = Devices(recorder, "rxvlm", "homeassistant", [alert])  # type: ignore[arg-type]  # instead of a Connection
    devices.look({"yard": ledger}, FILMED)
    devices.take(answer, FILMED + 2.1)
    start = Event(
        id="e1", name=alert.name, camera="yard", phase="start", start=4.0, end=8.0, captured=FILMED, analysis=answer
    )
    devices.take(start, FILMED + 2.1)
    return recorder


def draw(recorder: Recorder) -> str:
    """Return a device as Home Assistant's page of it shows it: its entities and their states, in their groups."""
    config = next(json.loads(one) for topic, one in recorder.retained.items() if topic.endswith("/config"))
    components = config["cmps"].values()
    shown = [one for one in components if one["p"] != "image" and "entity_category" not in one]
    hidden = [one for one in components if "entity_category" in one]
    picture = next(one for one in components if one["p"] == "image")
    image = base64.b64encode(recorder.retained[picture["image_topic"]]).decode()
    device = config["dev"]
    parts = [text(LEFT, TOP + 22, device["name"], size=24), text(LEFT, TOP + 46, made_by(device), fill=GREY)]
    below, cards = TOP + 66, list[str]()
    for title, members in (("Sensors", shown), ("Diagnostic", hidden)):
        cards.append(card(title, members, recorder, below))
        below += ROW * len(members) + 64
    height = max(below, TOP + 66 + 250)
    at = WIDTH // 2 + 66
    href = f"data:{picture['content_type']};base64,{image}"
    parts += [*cards, box(at - 12, TOP + 66, WIDTH - at - 12, 226), text(at + 4, TOP + 94, picture["name"], size=16)]
    parts.append(f'<image x="{at + 4}" y="{TOP + 108}" width="{WIDTH - at - 44}" height="168" href="{href}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="Roboto, sans-serif">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fafafa"/>{"".join(parts)}</svg>\n'
    )


def card(title: str, members: Iterable[Mapping[str, Any]], recorder: Recorder, top: int) -> str:
    """Return a card with a line for each entity."""
    members, wide = list(members), WIDTH // 2 + 18
    parts = [box(LEFT, top, wide, ROW * len(members) + 48), text(LEFT + 16, top + 30, title, size=16)]
    for number, one in enumerate(members):
        y = top + 48 + number * ROW
        state = state_of(one, recorder)
        active = state in {"On", "Connected"} or one["p"] == "event"
        shape = SHAPES[one["p"]].format(BLUE if active else GREY)
        parts.append(f'<g transform="translate({LEFT + 16} {y + 6})">{shape}</g>')
        parts.append(text(LEFT + 56, y + 23, one["name"]))
        parts.append(text(LEFT + wide - 16, y + 23, state, fill=GREY, anchor="end"))
    return "".join(parts)


def state_of(component: Mapping[str, Any], recorder: Recorder) -> str:
    """Return the state of an entity as Home Assistant writes it."""
    topic = component["state_topic"]
    if component["p"] == "event":
        return next(payload["event_type"] for at, payload in recorder.sent if at == topic)
    words = {"ON": "On", "OFF": "Off"}
    if component.get("device_class") == "connectivity":
        words = {"ON": "Connected", "OFF": "Disconnected"}
    state = words.get(recorder.retained[topic], recorder.retained[topic])
    state = f"{state} {component.get('unit_of_measurement', '')}".strip()
    return state if len(state) < 34 else f"{state[:32]}…"  # noqa: PLR2004 - what fits the card


def made_by(device: Mapping[str, Any]) -> str:
    """Return the line below the name of a device."""
    return f"{device['mdl']} by {device['mf']}, version {device['sw']}"


def box(x: int, y: int, width: int, height: int) -> str:
    """Return the frame of a card."""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12" fill="white" stroke="{LINE}"/>'


def text(x: int, y: int, words: str, *, size: int = 14, fill: str = "#212121", anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">{escape(words)}</text>'


if __name__ == "__main__":
    (HERE / "home-assistant.svg").write_text(draw(payloads()), encoding="utf-8")
