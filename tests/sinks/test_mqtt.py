"""The sink mqtt, with a real Mosquitto. `.ci/run` installs it, elsewhere these are skipped."""

from __future__ import annotations

import logging
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import home_assistant
import pytest
import reactivex
from conftest import WATCHDOG, wait_until
from mosquitto import Mosquitto, Subscriber, certificate, skip_without_mosquitto
from reactivex.subject import Subject

import rxvlm
from rxvlm import operators as rxo
from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.sinks import mqtt
from rxvlm.sinks.broker import connection

skip_without_mosquitto()
pytestmark = pytest.mark.usefixtures("no_threads_left", "no_client_left")

paho_leaks = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A handshake that fails leaves paho's socket to the garbage collector."""

PICTURE = b"\xff\xd8 a picture \xff\xd9"
CLIP = Clip((PICTURE,), "image/jpeg", (10.0,), 8, 8, 10.0, 20.0, captured=1000.0, source="yard")
ANSWER = Analysis(CLIP, "What?", "m", 1001.0, 1003.0, "A dog.", {"dogs": 1})
START = Event(id="1", name="dog", camera="yard", phase="start", start=10.0, end=20.0, captured=990.0, analysis=ANSWER)
END = replace(START, phase="end", reason="cleared")
RULE = rxvlm.rule("dog", lambda analysis: "dog" in analysis.text, need=(1, 1), clear=1)


@pytest.fixture
def no_client_left() -> Generator[None]:
    """Check that no thread of an MQTT client is left."""
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("paho")]


@pytest.fixture
def broker(tmp_path: Path) -> Generator[Mosquitto]:
    """Run a broker that forgets everything when it is killed."""
    made = Mosquitto(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def listen() -> Generator[Callable[..., Subscriber]]:
    """Return a function that subscribes to all topics of a broker."""
    made: list[Subscriber] = []

    def subscribed(broker: Mosquitto, user: tuple[str, str] | None = None) -> Subscriber:
        made.append(Subscriber(broker.port, user))
        return made[-1]

    yield subscribed
    for one in made:
        one.close()


def flowing(name: str) -> Ledger:
    ledger = Ledger(name)
    ledger.state("live")
    return ledger


def test_home_assistant_can_read_all_that_is_published(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """Each payload of a whole run is as Home Assistant documents it, whatever the cameras and rules are called."""
    heard, ledgers = listen(broker), dict[str, Ledger]()
    rules = [
        rxvlm.rule("bewegt/+#", lambda analysis: analysis.value["moving"], need=(1, 1), clear=1),
        rxvlm.rules.model_down,
    ]
    names = ("yard", "Küche/+#", "\U0001f697 + 1")
    cameras = {name: f"demo:yard?seconds=20&seed={seed}" for seed, name in enumerate(names)}
    model = rxvlm.vlm_from(lambda clip, _prompt: f"{'x' * 300} {clip.start}")
    answers = rxvlm.watch_all(cameras, model, every=5.0, ledgers=ledgers)
    sink = mqtt(broker.url, ledgers=ledgers, rules=rules)
    rxvlm.collect(answers.pipe(rxo.with_events(*rules), rxo.to(sink)))
    heard.until_at("rxvlm/availability", "offline")
    found = home_assistant.check(heard.heard)
    assert {component["p"] for component in found.values()} == {"sensor", "binary_sensor", "event", "image"}
    assert {message.json["dev"]["name"] for message in heard.heard if message.topic.endswith("config")} == {
        *names,
        "rxvlm",
    }


def test_a_camera_is_a_device(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """One retained message describes a camera before its first answer, with a sensor, a picture and each rule."""
    sink = mqtt(broker.url, ledgers={"yard": flowing("yard")}, rules=[RULE])
    sink.close()
    kept = listen(broker).newest
    config = kept["homeassistant/device/rxvlm_yard/config"]
    assert config.retained
    platforms = sorted(component["p"] for component in config.json["cmps"].values())
    assert platforms == ["binary_sensor", "binary_sensor", "event", "image", "sensor", "sensor"]
    assert config.json["avty"] == [{"topic": "rxvlm/availability"}]
    assert kept["rxvlm/yard/connected"].text == "ON"
    assert kept["rxvlm/yard/rules/dog"].text == "OFF"


def test_the_newest_answer_is_a_state(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """An answer's state ends at 255 characters; all of its text, its value and its picture are there, too."""
    long = "A dog. " * 60
    sink = mqtt(broker.url)
    sink(ANSWER)
    sink(replace(ANSWER, text=long))
    sink.close()
    kept = listen(broker).newest
    assert len(kept["rxvlm/yard/answer"].text) == 255
    assert kept["rxvlm/yard/answer/attributes"].json == replace(ANSWER, text=long).to_dict()
    assert kept["rxvlm/yard/picture"].payload == PICTURE
    assert kept["rxvlm/yard/age"].text == "3.0"


def test_a_value_without_text_is_a_state(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """Where a model gave fields and no text, they are the state."""
    sink = mqtt(broker.url)
    sink(replace(ANSWER, text=""))
    sink.close()
    assert listen(broker).newest["rxvlm/yard/answer"].text == '{"dogs": 1}'


def test_events_are_never_retained(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """A start and an end are told once; whether the rule holds is retained."""
    heard = listen(broker)
    sink = mqtt(broker.url, rules=[RULE])
    heard.until_at("rxvlm/availability", "online")
    for event in (START, replace(START, phase="update"), END):
        sink(event)
    sink.close()
    heard.until_at("rxvlm/availability", "offline")
    told = [message.json for message in heard.heard if message.topic == "rxvlm/yard/rules/dog/event"]
    assert [one["event_type"] for one in told] == ["start", "end"]
    assert told[0] == {"event_type": "start", **START.to_dict()}
    states = [message.text for message in heard.heard if message.topic == "rxvlm/yard/rules/dog"]
    assert [text for text, before in zip(states, ["", *states], strict=False) if text != before] == ["OFF", "ON", "OFF"]
    kept = listen(broker).newest
    assert kept["rxvlm/yard/rules/dog"].text == "OFF"
    assert "rxvlm/yard/rules/dog/event" not in kept


def test_what_was_not_told_is_announced_when_it_is_seen(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """A camera without a ledger, and a rule that was not given, are announced with their first answer and event."""
    heard = listen(broker)
    sink = mqtt(broker.url)
    heard.until_at("rxvlm/availability", "online")
    sink(ANSWER)
    sink(START)
    sink.close()
    heard.until_at("rxvlm/availability", "offline")
    configs = [message.json["cmps"] for message in heard.heard if message.topic.endswith("/config")]
    assert [("events_dog" in one) for one in configs] == [False, True]
    home_assistant.check(heard.heard)


def test_a_failed_call_is_no_answer(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """The newest answer stays when the next call fails."""
    sink = mqtt(broker.url)
    sink(ANSWER)
    sink(replace(ANSWER, text="", error=rxvlm.ModelTimeoutError("no answer within 60 s")))
    sink.close()
    assert listen(broker).newest["rxvlm/yard/answer"].text == "A dog."


def test_home_assistant_that_was_started_again_is_told_all(
    broker: Mosquitto, listen: Callable[..., Subscriber]
) -> None:
    """When Home Assistant says that it is there, everything is published again."""
    heard = listen(broker)
    sink = mqtt(broker.url, rules=[RULE])
    sink(ANSWER)
    heard.until_at("rxvlm/yard/age", "3.0")
    before = len(heard.heard)
    heard.publish("homeassistant/status", "online")
    again = {"homeassistant/device/rxvlm_yard/config", "rxvlm/availability", "rxvlm/yard/answer", "rxvlm/yard/picture"}
    heard.until(lambda: again <= {message.topic for message in heard.heard[before:]})
    sink.close()


@pytest.fixture
def memory(tmp_path: Path, listen: Callable[..., Subscriber]) -> Generator[tuple[Mosquitto, Subscriber]]:
    """Return a broker that is down, and a subscriber for which it keeps everything when it is back."""
    made = Mosquitto(tmp_path, remembers=True)
    made.start()
    heard = listen(made)
    made.stop()
    yield made, heard
    made.kill()


def test_a_broker_that_is_down_at_the_start(memory: tuple[Mosquitto, Subscriber]) -> None:
    """Of what was told before the broker was there, it gets the newest states, and every event."""
    broker, heard = memory
    sink = mqtt(broker.url, rules=[RULE])
    sink(ANSWER)
    sink(START)
    sink(END)
    sink(replace(ANSWER, text="Nothing."))
    broker.start()
    heard.until_at("rxvlm/yard/answer", "Nothing.")
    heard.until_at("rxvlm/yard/rules/dog", "OFF")
    heard.until(lambda: sum(message.topic.endswith("/event") for message in heard.heard) == 2)
    assert sink.close() == 0
    home_assistant.check(heard.heard)


def test_a_broker_that_dies_and_comes_back(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """A broker that has forgotten everything gets all that is retained again, as it is now."""
    ledgers = {"yard": flowing("yard"), "gate": flowing("gate")}
    sink = mqtt(broker.url, ledgers=ledgers, rules=[RULE])
    heard = listen(broker)
    sink(ANSWER)
    sink(START)
    heard.until(lambda: any(message.topic.endswith("/event") for message in heard.heard))
    heard.close()
    broker.kill()
    sink(END)
    sink(replace(ANSWER, text="Nothing."))
    ledgers["gate"].state("waiting", "lost")
    broker.start()
    after = listen(broker)
    after.until_at("rxvlm/availability", "online")
    after.until_at("rxvlm/yard/answer", "Nothing.")
    after.until_at("rxvlm/yard/rules/dog", "OFF")
    after.until_at("rxvlm/gate/connected", "OFF")
    assert sink.close() == 0
    home_assistant.check(after.heard)


def test_events_that_the_broker_never_got_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only so many events wait for the broker; those beyond are failures, and those left at the end are lost."""
    monkeypatch.setattr(connection, "MOST_WAITING", 2)
    monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.0)
    sink = mqtt(Mosquitto(tmp_path).url)
    step = rxo.to(sink)
    rxvlm.collect(reactivex.from_iterable([START, END, START]).pipe(step))
    assert (step.sent, step.failed, step.lost) == (0, 1, 2)
    assert "never got the newest answers and events, 2 of them" in caplog.text


def test_answers_that_the_broker_never_got_are_counted(tmp_path: Path) -> None:
    """If it was away to the end, the answers since then are lost; there is no wait for a broker that refuses."""
    broker = Mosquitto(tmp_path)
    sink = mqtt(broker.url)
    sink(ANSWER)
    sink(ANSWER)
    assert sink.close() == 2


def test_events_that_waited_come_in_order(
    memory: tuple[Mosquitto, Subscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many events while the broker is away, the first come late and in order; the rest is refused, and counted."""
    monkeypatch.setattr(connection, "MOST_WAITING", 300)
    broker, heard = memory
    step = rxo.to(mqtt(broker.url), capacity=1000)
    events = [replace(START if number % 2 else END, id=str(number)) for number in range(400)]
    items = Subject[Event]()
    items.pipe(step).subscribe()
    for event in events:
        items.on_next(event)
    wait_until(lambda: step.sent + step.failed == 400)
    broker.start()
    heard.until(lambda: sum(message.topic.endswith("/event") for message in heard.heard) == 300)
    items.on_completed()
    assert step.wait(WATCHDOG)
    came = [one.json["id"] for one in heard.heard if one.topic.endswith("/event")]
    assert came == [event.id for event in events[:300]]
    assert (step.sent, step.failed, step.lost) == (300, 100, 0)


def test_a_sink_with_the_same_prefix_may_end(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """When another one says at its end that it is offline, a sink that goes on says that it is not."""
    heard = listen(broker)
    stays, leaves = mqtt(broker.url), mqtt(broker.url)
    heard.until(lambda: [one.text for one in heard.heard if one.topic == "rxvlm/availability"] == ["online"] * 2)
    leaves.close()
    heard.until(
        lambda: [one.text for one in heard.heard if one.topic == "rxvlm/availability"][2:] == ["offline", "online"]
    )
    stays.close()
    heard.until_at("rxvlm/availability", "offline")


def test_a_crash_is_told_by_the_broker(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """When the process is killed, the broker says that it is offline."""
    heard = listen(broker)
    code = f"import rxvlm, time; sink = rxvlm.sinks.mqtt({broker.url!r}); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code])
    heard.until_at("rxvlm/availability", "online")
    process.kill()
    process.wait()
    heard.until_at("rxvlm/availability", "offline")


def test_a_clean_end_is_acknowledged_and_sends_no_will(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """At its end the sink is offline once, as retained as before; what describes the cameras stays."""
    heard = listen(broker)
    sink = mqtt(broker.url)
    sink(ANSWER)
    sink.close()
    kept = listen(broker)
    assert kept.newest["rxvlm/availability"].text == "offline"
    assert "homeassistant/device/rxvlm_yard/config" in kept.newest
    heard.until_at("rxvlm/availability", "offline")
    assert said(heard) == ["online", "offline"]


def test_a_closed_sink_can_be_used_again(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """A second subscription connects again."""
    heard = listen(broker)
    sink = mqtt(broker.url)
    sink.close()
    sink(ANSWER)
    sink.close()
    heard.until_at("rxvlm/yard/answer", "A dog.")
    heard.until_at("rxvlm/availability", "offline")


def test_a_camera_is_forgotten(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """Nothing of a forgotten camera is left at the broker, not even what an earlier run left there."""
    earlier = mqtt(broker.url, rules=[RULE])
    earlier(ANSWER)
    earlier(replace(ANSWER, clip=replace(CLIP, source="gate")))
    earlier.close()
    heard = listen(broker)
    left = [topic for topic in heard.newest if "yard" in topic]
    assert len(left) > 5
    sink = mqtt(broker.url)
    sink.forget("yard")
    sink.close()
    heard.until(lambda: all(not heard.newest[topic].payload for topic in left))
    kept = listen(broker).newest
    assert not [topic for topic in kept if "yard" in topic]
    assert "homeassistant/device/rxvlm_gate/config" in kept


def test_the_command_line_forgets_a_camera(
    broker: Mosquitto, listen: Callable[..., Subscriber], tmp_path: Path
) -> None:
    """`rxvlm sinks forget` deletes what an earlier run left; a sink that keeps nothing is refused, and not made."""
    sink = mqtt(broker.url, ledgers={"the yard": flowing("the yard"), "gate": flowing("gate")})
    sink.close()
    command = [sys.executable, "-m", "rxvlm", "sinks", "forget"]
    subprocess.run([*command, broker.url, "the yard"], check=True)
    names = [one.json["dev"]["name"] for one in listen(broker).heard if one.topic.endswith("/config")]
    assert names == ["gate"]
    refused = subprocess.run([*command, "a.jsonl", "gate"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (refused.returncode, refused.stderr) == (
        2,
        "rxvlm: a.jsonl keeps no cameras; give mqtt://... or mqtts://...\n",
    )
    assert not (tmp_path / "a.jsonl").exists()


def test_the_command_line_has_the_sink(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """`rxvlm watch --sink mqtt://...` announces its cameras and rules before their first answer."""
    heard = listen(broker)
    watch = [sys.executable, "-m", "rxvlm", "watch", "yard=demo:yard?seconds=6&fps=5", "--every", "3"]
    subprocess.run([*watch, "--sink", broker.url, "--alert", "still: motion.share >= 0.0", "--need", "1/1"], check=True)
    heard.until_at("rxvlm/availability", "offline")
    topics = [message.topic for message in heard.heard]
    config = heard.heard[topics.index("homeassistant/device/rxvlm_yard/config")].json
    assert "events_still" in config["cmps"]
    assert topics.count("rxvlm/yard/rules/still/event") == 2
    home_assistant.check(heard.heard)


def test_a_wrong_password_is_told_without_it(
    tmp_path: Path, listen: Callable[..., Subscriber], caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal is in the log once, without the password; with the right one the sink is let in."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "ann", "s3cret/#"], check=True)
    broker = Mosquitto(tmp_path, (f"password_file {passwords}", "allow_anonymous false"))
    broker.start()
    try:
        with caplog.at_level(logging.WARNING, "rxvlm"):
            wrong = mqtt(f"mqtt://ann:wr0ng@127.0.0.1:{broker.port}")
            heard = listen(broker, ("ann", "s3cret/#"))
            wait_until(lambda: "refuses" in caplog.text)
            wrong.close()
        right = mqtt(f"mqtt://ann:s3cret%2F%23@127.0.0.1:{broker.port}/home/cams")
        heard.until_at("home/cams/availability", "online")
        right.close()
    finally:
        broker.kill()
    assert "wr0ng" not in caplog.text + repr(wrong) + repr(right)
    assert repr(right) == f"mqtt('mqtt://127.0.0.1:{broker.port}/home/cams')"
    assert caplog.text.count("refuses the connection") == 1


@paho_leaks
def test_a_connection_may_be_encrypted(
    broker: Mosquitto,
    tmp_path: Path,
    listen: Callable[..., Subscriber],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A certificate that is not trusted is refused; one that ``SSL_CERT_FILE`` names is taken."""
    both = certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    broker.kill()
    broker.options += (f"listener {port} 127.0.0.1", f"certfile {both}", f"keyfile {both}")
    broker.start()
    heard = listen(broker)
    refused = mqtt(f"mqtts://127.0.0.1:{port}")
    wait_until(lambda: "certificate verify failed" in caplog.text)
    refused.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(both))
    trusted = mqtt(f"mqtts://127.0.0.1:{port}")
    heard.until_at("rxvlm/availability", "online")
    trusted.close()


def said(heard: Subscriber) -> list[str]:
    return [message.text for message in heard.heard if message.topic == "rxvlm/availability"]


@paho_leaks
def test_a_server_that_never_answers_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake that hangs for an hour does not make `close` wait for it."""
    monkeypatch.setattr(connection, "_KEEPALIVE", 3600)
    monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sink = mqtt(f"mqtts://127.0.0.1:{silent.getsockname()[1]}")
        taken, _ = silent.accept()
        sink(ANSWER)
        assert sink.close() == 1
        taken.close()
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("paho")])


def test_a_test_says_what_came_back(broker: Mosquitto, listen: Callable[..., Subscriber]) -> None:
    """One event is sent and acknowledged; a broker that is not there is an error that says so."""
    heard, sink = listen(broker), mqtt(broker.url)
    said = sink.test(START)
    assert re.fullmatch(r"acknowledged by the broker, after \d+\.\d\d s; Home Assistant shows the device 'yard'", said)
    sink.close()
    heard.until(lambda: any(message.topic.endswith("/event") for message in heard.heard))
    broker.kill()
    dead = mqtt(broker.url)
    with pytest.raises(rxvlm.RxvlmError, match=r"cannot be reached: .*refused"):
        dead.test(START)
    dead.close()


def test_without_discovery_nothing_is_told_to_home_assistant(
    broker: Mosquitto, listen: Callable[..., Subscriber]
) -> None:
    """With ``discovery=None`` there are the topics below the prefix alone."""
    heard: Any = listen(broker)
    sink = mqtt(broker.url, discovery=None)
    sink(ANSWER)
    sink.close()
    heard.until_at("rxvlm/availability", "offline")
    assert {message.topic.split("/")[0] for message in heard.heard} == {"test", "rxvlm"}
