"""`--sink` and `rxvlm sinks test`: whole runs, with real receivers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from base64 import b64encode
from pathlib import Path

import pytest
from conftest import WATCHDOG
from receiver import Receiver
from standardwebhooks.webhooks import Webhook as Verifier

FILM = "demo:yard?seconds=12&fps=4&width=160&height=120"
ALERT = ["--alert", "moves: motion.share > 0.0", "--need", "1/1", "--clear", "9"]
SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
NOWHERE = "http://me:s3cret@127.0.0.1:9/s3cret"


def rxvlm(*args: str | Path, secret: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rxvlm", *map(str, args)]
    environment = {**os.environ, "RXVLM_WEBHOOK_SECRET": secret}
    return subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False, env=environment)


def test_an_alert_reaches_a_webhook_and_a_file(tmp_path: Path) -> None:
    """The webhook gets start and end, signed; the file also the answers and updates, as --json prints them."""
    file = tmp_path / "all.jsonl"
    with Receiver([500]) as receiver:
        done = rxvlm(
            "watch", FILM, "--every", "2", *ALERT, "--json", "--sink", receiver.url, "--sink", file, secret=SECRET
        )
    assert done.returncode == 0, done.stderr
    phases = [posted.event["data"]["phase"] for posted in receiver.posted]
    assert phases == ["start", "start", "end"]  # the first was answered 500
    for posted in receiver.posted:
        Verifier(SECRET).verify(posted.body, posted.headers)
    assert file.read_text() == done.stdout


def test_without_an_alert_a_webhook_gets_answers() -> None:
    """And stderr says so."""
    with Receiver() as receiver:
        done = rxvlm("watch", FILM, "--every", "4", "--sink", receiver.url)
    assert done.returncode == 0, done.stderr
    assert [posted.event["type"] for posted in receiver.posted] == ["dev.rxvlm.analysis.v1"] * 3
    assert "rxvlm: without --alert there are no events: webhooks get every answer" in done.stderr.splitlines()


def test_what_was_not_taken_is_said() -> None:
    """Watching goes on; the exit code is 1, and nothing secret is shown."""
    with Receiver([410]) as receiver:
        url = receiver.url.replace("http://", "http://s3cret:s3cret@") + "?token=s3cret"
        done = rxvlm("watch", FILM, "--every", "4", "--sink", url)
        name = f"http://127.0.0.1:{receiver.port}/..."
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert f"rxvlm: --sink {name}: 3 of 3 were not taken" in done.stderr.splitlines()
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("address", ["ftp://me:s3cret@host/x", "events.txt", "http:///x"])
def test_an_address_of_no_sink_is_refused_at_once(address: str) -> None:
    """One line that says what is possible, or what is wrong."""
    done = rxvlm("watch", FILM, "--sink", address)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "s3cret" not in done.stderr
    assert ".jsonl" in done.stderr or "has no host" in done.stderr


def test_a_wrong_secret_names_its_variable() -> None:
    """And does not show it."""
    done = rxvlm("watch", FILM, "--sink", NOWHERE, secret="s3cret")
    assert done.returncode == 2
    assert done.stderr.startswith("rxvlm: RXVLM_WEBHOOK_SECRET: a webhook's secret is whsec_")
    assert "s3cret" not in done.stderr


def test_a_sink_can_be_tried() -> None:
    """One drawn event is sent once; what came back is shown, with the time it took."""
    with Receiver([200, 503]) as receiver:
        taken = rxvlm("sinks", "test", receiver.url, secret=SECRET)
        refused = rxvlm("sinks", "test", receiver.url)
    first, second = receiver.posted
    Verifier(SECRET).verify(first.body, first.headers)
    assert (first.event["data"]["name"], first.event["data"]["phase"]) == ("test", "start")
    assert "webhook-signature" not in second.headers
    name = f"http://127.0.0.1:{receiver.port}/..."
    assert (taken.returncode, refused.returncode, refused.stdout) == (0, 1, "")
    assert taken.stdout.startswith(f"{name}: 200 OK, after 0.")
    assert f"rxvlm: {name}: 503 Service Unavailable, after 0." in refused.stderr


def test_a_file_can_be_tried(tmp_path: Path) -> None:
    """A line of JSON is added; a folder that is not there is an error at once."""
    done = rxvlm("sinks", "test", tmp_path / "all.jsonl")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "all.jsonl").read_text())["name"] == "test"
    assert rxvlm("sinks", "test", tmp_path / "nowhere" / "all.jsonl").returncode == 2


def live(url: str) -> subprocess.Popen[str]:
    """Watch a camera that goes on for ever, with an alert that holds all the time."""
    alert = ["--alert", "on: true", "--need", "1/1"]
    command = [sys.executable, "-m", "rxvlm", "watch", "demo:yard?fps=4", "--every", "1", *alert, "--sink", url]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_an_end_is_sent_after_ctrl_c() -> None:
    """Also if the receiver does not take it at once."""
    begun = threading.Event()
    with Receiver([204, 503], told=lambda _posted: begun.set()) as receiver:
        with live(receiver.url) as watching:
            assert begun.wait(WATCHDOG)
            watching.send_signal(signal.SIGINT)
            _, said = watching.communicate(timeout=WATCHDOG)
        assert watching.returncode == 130, said
        phases = [posted.event["data"]["phase"] for posted in receiver.posted]
    assert phases == ["start", "end", "end"]


def test_a_second_ctrl_c_does_not_wait_for_a_receiver_that_is_away() -> None:
    """After the first one, stderr says how long it would take."""
    with live(NOWHERE) as watching:
        assert watching.stderr is not None
        said: list[str] = []
        for wanted in ("trying again", "sending what waits"):
            while not said or wanted not in said[-1]:
                said.append(watching.stderr.readline())
                assert said[-1], said
            watching.send_signal(signal.SIGINT)
        said += watching.stderr.readlines()
        assert watching.wait(WATCHDOG) == 130
    assert not any("not taken" in line for line in said)
