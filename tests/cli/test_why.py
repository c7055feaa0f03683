"""`rxvlm results why` over what `rxvlm watch --store` wrote; and that all see the same pictures."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rxvlm import Store
from rxvlm.cli.app import app
from rxvlm.testing import FakeServer, Reply

FILM = "demo:yard?seconds=20&fps=5&width=160&height=120"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, args)), env={"RXVLM_STORE": None})


def watched(file: Path, *args: str) -> Path:
    done = run("watch", FILM, "--every", "2", "--store", file, *args)
    assert done.exit_code in (0, 1), done.output
    return file


def why(file: Path, time: str) -> dict[str, Any]:
    done = run("results", "why", "yard", time, "--json", "--store", file)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_film_that_was_watched(tmp_path: Path) -> None:
    """Behind the gate, answered without and with an alert, and after its end."""
    file = watched(tmp_path / "watch.db", "--gate", "motion", "--alert", "moves: motion.share > 0.002", "--need", "1/1")
    asked = [why(file, f"00:00:{at:02}") for at in range(1, 20, 2)]
    assert {one["reason"] for one in asked} == {"skipped", "did not hold", "alerted"}
    assert {one["detail"] for one in asked if one["reason"] == "skipped"} == {"gate"}
    assert why(file, "00:00:25")["reason"] == "not captured"
    (alerted, *_) = [one for one in asked if one["reason"] == "alerted"]
    with Store(file) as store:
        (event, *_) = [found for found in store.search(events=True) if found.id == alerted["rules"][0]["event"]]
        assert store.get(alerted["answer"]).record["start"] <= alerted["time"]
    said = run("results", "why", "yard", str(alerted["time"]), "--store", file)
    assert f'There was an alert: "moves" (event {event.id[:8]}, which began at' in said.stdout
    assert f"rxvlm results show {alerted['answer']}" in said.stderr


def test_a_model_that_failed(tmp_path: Path) -> None:
    """What the server said is the reason."""
    with FakeServer(Reply(status=401, message="no such key")) as server:
        file = watched(tmp_path / "watch.db", "--model", f"openai:m@{server.url}/v1")
    failed = why(file, "3")
    assert failed["reason"] == "failed"
    assert "no such key" in failed["detail"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["gate", "3"], "the store has no camera 'gate'; it has yard"),
        (["yard", "-2h"], "yard is a film: write a time in it as 3 or 01:02:03"),
        (["yard", "soon"], "a time is written as"),
        (["yard"], "Missing argument"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, args: list[str], says: str) -> None:
    """An unknown camera, a time of the clock in a film, no time: exit code 2; a minus is no option."""
    file = watched(tmp_path / "watch.db")
    done = run("results", "--store", file, "why", *args)
    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize("form", ["video", "images"])
def test_what_the_model_was_sent_is_what_is_kept_and_saved(tmp_path: Path, form: str) -> None:
    """The very bytes of the request are in the store, and in the files that `show` saves: a film, or pictures of it."""
    with FakeServer(Reply(text="yes")) as server:
        file = watched(tmp_path / "watch.db", "--model", f"openai:m@{server.url}/v1", "--as", form)
        sent = [media for request in server.chats for media in sent_in(request.json)]
    assert len(sent) >= 10
    with Store(file) as store:
        answers = store.search()
        for found in answers:
            run("results", "show", found.id, "--save", tmp_path / "out", "--store", file)
        kept = [found.clip().data for found in answers]
    saved = {path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert set(sent) <= saved
    assert form == "images" or set(sent) == set(kept)


def sent_in(question: Any) -> list[bytes]:
    """Return the media of a question."""
    parts = [part for message in question["messages"] for part in message["content"] if isinstance(part, dict)]
    urls = [part[part["type"]]["url"] for part in parts if part["type"] in ("video_url", "image_url")]
    return [base64.b64decode(url.partition("base64,")[2]) for url in urls]
