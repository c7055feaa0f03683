"""A run for tests of its door: cameras with ledgers and a rule, and a door at a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conftest import WATCHDOG

from rxvlm import Analysis, Clip, Event, Ledger
from rxvlm.door.door import Door
from rxvlm.door.places import reachable, take_place
from rxvlm.rules import Mutes
from rxvlm.sinks.sink import Counted
from rxvlm.testing import Say, scripted
from rxvlm.vlm import Vlm
from rxvlm.watching.controls import Asked, Controls

CLIP = Clip((b"jpeg",), "image/jpeg", (0.0,), 8, 8, 0.0, 10.0, source="yard")


def answer(text: str = "quiet", camera: str = "yard", start: float = 0.0) -> Analysis:
    clip = Clip((b"jpeg",), "image/jpeg", (start,), 8, 8, start, start + 10.0, source=camera)
    return Analysis(clip, "What?", "m", 1.0, 2.0, text=text)


def event(phase: Any = "start", id: str = "1") -> Event:  # noqa: A002 - what it is called everywhere else
    return Event(id=id, name="person", camera="yard", phase=phase, start=0.0, end=10.0)


class Run:
    """Two cameras and a rule behind a door."""

    def __init__(self, folder: Path, model: Vlm | None = None) -> None:
        self.names = ["yard", "gate"]
        self.ledgers: Mapping[str, Ledger] = {name: Ledger(name) for name in self.names}
        self.asked: list[Analysis] = []
        self.controls = Controls(
            self.ledgers,
            asked=lambda _: Asked(model or scripted(Say("a red van")), 60.0),
            rules=self.rules,
            on_answer=self.asked.append,
            mutes=Mutes(),
        )
        self.controls.on_clip(CLIP)
        place = take_place(Path("watch.toml"), None, {"XDG_RUNTIME_DIR": str(folder)})
        self.path = place.path
        self.door = Door(place, file="/etc/watch.toml", store=None, version="1.2.3", run=self, controls=self.controls)
        self.door.open()

    def cameras(self) -> Iterable[str]:
        return self.names

    def rules(self) -> Iterable[str]:
        return ["person"]

    def muted(self) -> Mapping[str, float]:
        return self.controls.muted()

    def sinks(self) -> Iterable[tuple[str, Counted]]:
        return []

    def troubles(self) -> Iterable[str]:
        return []

    def readers(self) -> list[object]:
        return list(self.door._serving._readers)  # pyright: ignore[reportPrivateUsage] - nothing shows them

    def close(self) -> None:
        self.door.close("the run has ended")


class Talk:
    """A reader's end of a socket, with a watchdog."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(WATCHDOG)
        with reachable(path) as address:
            self.socket.connect(address)
        self._file = self.socket.makefile("rb")

    def line(self) -> dict[str, Any] | None:
        """Return the next line; None at the end."""
        read = self._file.readline()
        return json.loads(read) if read else None

    def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Read up to a line of a kind with these keys."""
        while (line := self.line()) is not None:
            if line["type"] == kind and all(line.get(key) == value for key, value in wanted.items()):
                return line
        raise AssertionError(f"it ended before {kind} {wanted}")

    def rest(self) -> list[dict[str, Any]]:
        """Read to the end."""
        found: list[dict[str, Any]] = []
        while (line := self.line()) is not None:
            found.append(line)
        return found

    def send(self, *requests: Any) -> None:
        self.socket.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in requests))

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def door_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rxvlm-door"]
