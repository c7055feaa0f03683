"""The end of a camera is told after its last answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from conftest import WATCHDOG

from rxvlm.service.last_states import LastStates


def test_the_end_is_held_back_for_a_moment() -> None:
    """All else is told at once, and a camera that begins anew has ended before that."""
    told: list[tuple[str, str, str]] = []
    states = LastStates(lambda *one: told.append(one))
    states.put("yard", "live", "")
    states.put("yard", "ended", "over")
    states.look(3600.0)
    assert told == [("yard", "live", "")]
    states.put("yard", "connecting", "")
    assert told[1:] == [("yard", "ended", "over"), ("yard", "connecting", "")]
    states.put("yard", "ended", "again")
    states.look(0.0)
    states.look(0.0)
    assert told[3:] == [("yard", "ended", "again")]


def test_a_film_has_ended_after_its_last_answer(tmp_path: Path) -> None:
    """In the log of `rxvlm run` the end is the last line about a film."""
    file = tmp_path / "watch.toml"
    file.write_text('[cameras.yard]\nuri = "demo:yard?seconds=4&fps=5&width=160&height=90"\nevery = 1\nframes = 2\n')
    command = [sys.executable, "-m", "rxvlm", "run", str(file), "--log-json", "--no-door"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    about = [line.get("state") or line["type"] for line in lines if line.get("camera") == "yard"]
    assert [one for one in about if one != "connecting"] == ["playing", *["analysis"] * 4, "ended"]
