"""A door: readers are told what happens and may pause, mute and ask; none of them holds anything up."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import wait_until
from door_run import Run, Talk, answer, door_threads, event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rxvlm import ModelError
from rxvlm.door import serving
from rxvlm.door.inbox import MOST_TOLD, Inbox
from rxvlm.door.reader import MOST_REQUESTS, MOST_WAITING, Reader
from rxvlm.door.records import after, changes, tally_of
from rxvlm.testing import Say, scripted


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    one = Run(folder)
    yield one
    one.close()
    wait_until(lambda: not door_threads())


def test_a_reader_is_told_how_all_is(run: Run) -> None:
    """First the protocol and the run, then all cameras and rules, the newest answers and the events that run."""
    run.door.tell(answer("an old one"))
    run.door.tell(answer("a new one"))
    run.door.tell(event("start", "1"))
    run.door.tell(event("start", "2"))
    run.door.tell(event("end", "1"))
    talk = Talk(run.path)
    hello, now, newest, running = (talk.line() for _ in range(4))
    assert hello is not None
    assert (hello["type"], hello["protocol"], hello["name"], hello["file"]) == ("hello", 1, "watch", "/etc/watch.toml")
    assert hello["program"] == "rxvlm 1.2.3"
    assert now is not None
    assert (now["type"], list(now["cameras"]), now["rules"]) == (
        "now",
        ["yard", "gate"],
        [{"name": "person", "muted": None}],
    )
    assert tally_of(now["cameras"]["yard"]) == run.ledgers["yard"].snapshot()
    assert newest is not None
    assert (newest["type"], newest["text"]) == ("analysis", "a new one")
    assert running is not None
    assert running["id"] == "2"
    talk.close()


def test_what_happens_is_told_to_all(run: Run) -> None:
    """Each reader is told each answer, event and state, in their order."""
    talks = [Talk(run.path) for _ in range(3)]
    for talk in talks:
        talk.until("now")
    run.door.tell(answer("one"))
    run.door.tell_state("yard", "stalled", "no frames")
    run.door.tell(event())
    for talk in talks:
        assert talk.until("analysis")["text"] == "one"
        assert talk.until("state") == {"type": "state", "camera": "yard", "state": "stalled", "reason": "no frames"}
        assert talk.until("event")["name"] == "person"
        talk.close()


def test_counts_that_change_are_told(run: Run) -> None:
    """Once a second the cameras that changed come, and with what was told before they are how all is."""
    talk = Talk(run.path)
    now = talk.until("now")
    run.ledgers["yard"].state("live")
    changed = talk.until("now")
    assert list(changed["cameras"]) == ["yard"]
    whole = after(now, changed)
    assert tally_of(whole["cameras"]["yard"]).state == "live"
    assert tally_of(whole["cameras"]["gate"]).state == "connecting"
    run.names.remove("gate")
    assert list(after(whole, talk.until("now", gone=["gate"]))["cameras"]) == ["yard"]
    talk.close()


def test_pausing_and_muting(run: Run) -> None:
    """Requests are done, and their replies have their ids; what was done is in the next counts."""
    talk = Talk(run.path)
    talk.send({"request": "pause", "camera": "yard", "reason": "lunch", "id": 1})
    talk.until("done", id=1)
    assert (run.ledgers["yard"].paused, run.ledgers["gate"].paused) == (True, False)
    talk.send({"request": "resume", "camera": "yard", "id": "a"}, {"request": "mute", "rule": "person", "seconds": 60})
    talk.until("done", id="a")
    talk.until("done", id=None)
    assert not run.ledgers["yard"].paused
    assert set(run.controls.muted()) == {"person"}
    assert talk.until("now")["rules"][0]["muted"] == run.controls.muted()["person"]
    talk.close()


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"request": "pause", "camera": "x"}, "there is no camera 'x'; they are yard, gate"),
        ({"request": "pause"}, "pause needs a text 'camera'"),
        ({"request": "mute", "rule": "person"}, "mute needs a number 'seconds'"),
        ({"request": "mute", "rule": "person", "seconds": True}, "mute needs a number 'seconds'"),
        ({"request": "mute", "rule": "person", "seconds": float("nan")}, "0 to 31622400 seconds"),
        ({"request": "mute", "rule": "person", "seconds": 10**400}, "int too large"),
        ({"request": "ask", "camera": "gate", "question": "?"}, "there is no clip of gate yet"),
        ({"request": "delete"}, "the requests are pause, resume, mute, ask and leave, not 'delete'"),
        ({}, "the requests are"),
        ({"request": ["pause"]}, "the requests are"),
        ([1, 2], "not an object of JSON"),
    ],
)
def test_what_cannot_be_done_is_refused(run: Run, request_: Any, says: str) -> None:
    """The reply says why, and the next request is done."""
    talk = Talk(run.path)
    talk.send(request_, {"request": "resume", "camera": "yard", "id": 2})
    assert says in talk.until("refused")["error"]
    talk.until("done", id=2)
    talk.close()


def test_an_answer_streams(run: Run) -> None:
    """A question is answered in pieces, then done; the answer is billed in the run."""
    talk = Talk(run.path)
    talk.send({"request": "ask", "camera": "yard", "question": "What colour?", "id": 7})
    assert talk.until("piece", id=7)["text"] == "a red van"
    talk.until("done", id=7)
    assert run.asked[0].prompt == "What colour?"
    talk.close()


def test_a_question_that_fails_is_refused(tmp_path: Path) -> None:
    """What the model raises is the reply, with its kind."""
    run = Run(tmp_path, scripted(ModelError("no such model")))
    talk = Talk(run.path)
    talk.send({"request": "ask", "camera": "yard", "question": "?", "id": 1})
    assert talk.until("refused", id=1)["error"] == "ModelError: no such model"
    talk.close()
    run.close()


def test_questions_are_hung_up_when_their_reader_goes(tmp_path: Path) -> None:
    """A reader that leaves a question, or closes, disposes of its call; a new one may be asked with the same id."""
    model = scripted(Say("slow", 3600.0))
    run = Run(tmp_path, model)
    talk = Talk(run.path)
    ask = {"request": "ask", "camera": "yard", "question": "?", "id": 1}
    talk.send(ask, ask)
    assert "an id that no other question" in talk.until("refused", id=1)["error"]
    wait_until(lambda: len(model.asked) == 1)
    talk.send({"request": "leave", "id": 1})
    wait_until(lambda: model.hung_up == 1)
    talk.send(ask)
    wait_until(lambda: len(model.asked) == 2)
    talk.close()
    wait_until(lambda: model.hung_up == 2)
    run.close()


def test_questions_are_bounded(tmp_path: Path) -> None:
    """More than eight at a time are refused."""
    run = Run(tmp_path, scripted(Say("slow", 3600.0)))
    talk = Talk(run.path)
    talk.send(*({"request": "ask", "camera": "yard", "question": "?", "id": number} for number in range(9)))
    assert "8 questions are being answered already" in talk.until("refused", id=8)["error"]
    talk.close()
    run.close()


def test_whoever_pipes_a_request_gets_its_reply_and_the_end(run: Run) -> None:
    """A reader that shuts its side after its requests is told their replies, and then the connection ends."""
    talk = Talk(run.path)
    talk.send({"request": "ask", "camera": "yard", "question": "?", "id": 1}, {"request": "pause", "camera": "gate"})
    talk.socket.shutdown(socket.SHUT_WR)
    kinds = [line["type"] for line in talk.rest()]
    assert (kinds[0], kinds.count("done"), kinds.count("piece")) == ("hello", 2, 1)
    talk.close()


def test_a_line_that_is_too_long_ends_that_reader_alone(run: Run) -> None:
    """A megabyte without an end is answered with the reason, and closed; others go on."""
    bad, good = Talk(run.path), Talk(run.path)
    with contextlib.suppress(OSError):
        bad.socket.sendall(b"x" * 1_000_000)
    lines: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):  # what it has not read is thrown away with the connection
        lines = bad.rest()
    assert not lines or lines[-1]["type"] in ("bye", "now")
    good.send({"request": "pause", "camera": "yard", "id": 1})
    good.until("done", id=1)
    bad.close()
    good.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=200) | st.just(b'{"request":"pause","camera":"yard"}\n'), max_size=8), st.booleans())
def test_garbage_harms_nobody(run: Run, sent: list[bytes], abruptly: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever bytes a reader sends, and however it goes, the next reader is served."""
    talk = Talk(run.path)
    with contextlib.suppress(OSError):
        for one in sent:
            talk.socket.sendall(one)
    if abruptly:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    talk.close()
    other = Talk(run.path)
    other.send({"request": "resume", "camera": "yard", "id": "still"})
    other.until("done", id="still")
    other.close()


def test_a_reader_that_hangs_loses_its_oldest_lines_and_is_told(run: Run) -> None:
    """What waits for it is bounded; when it reads again, it is told how many lines it missed, and has the newest."""
    hanging, reading = Talk(run.path), Talk(run.path)
    reading.until("now")
    text = "x" * 10_000
    for number in range(400):  # 4 MB
        run.door.tell(answer(f"{number} {text}"))
        reading.until("analysis")
    run.door.tell(event("start", "last"))
    reading.until("event")
    lines: list[dict[str, Any]] = [hanging.until("hello")]
    while lines[-1].get("id") != "last":
        lines.append(hanging.line() or {})
    texts = [int(line["text"].split()[0]) for line in lines if line["type"] == "analysis"]
    lost = sum(line["lines"] for line in lines if line["type"] == "lost")
    assert texts == sorted(texts)
    assert texts[-1] == 399
    assert lost > 100
    counts = sum(line["type"] == "now" for line in lines[2:])
    assert len(texts) + lost >= 400
    assert len(texts) + lost <= 400 + counts + lost  # counts may be lost, too
    assert hanging.until("now", whole=True)["cameras"].keys() == {"yard", "gate"}
    hanging.close()
    reading.close()


def test_a_long_answer_comes_whole(run: Run) -> None:
    """An answer of three megabytes is one line, though more than what may wait."""
    talk = Talk(run.path)
    talk.until("now")
    run.door.tell(answer("y" * 3_000_000))
    assert len(talk.until("analysis")["text"]) == 3_000_000
    talk.close()


def test_a_reader_that_takes_nothing_is_let_go(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute of that, here two seconds, its connection is closed; the others go on."""
    monkeypatch.setattr(serving, "IDLE_SECONDS", 2.0)
    hanging, reading = Talk(run.path), Talk(run.path)
    reading.until("now")
    for number in range(100):
        run.door.tell(answer(f"{number} {'x' * 10_000}"))
        reading.until("analysis")
    wait_until(lambda: len(run.readers()) == 1)
    reading.send({"request": "pause", "camera": "yard", "id": 1})
    reading.until("done", id=1)
    hanging.close()
    reading.close()


def test_readers_are_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than the most is told so and closed; when one leaves, there is room again."""
    monkeypatch.setattr(serving, "MOST_READERS", 2)
    talks = [Talk(run.path) for _ in range(2)]
    for talk in talks:
        talk.until("now")
    turned_away = Talk(run.path)
    assert turned_away.rest()[-1] == {"type": "bye", "reason": "2 readers are here already"}
    talks[0].close()

    def is_let_in() -> bool:
        other = Talk(run.path)
        lines = other.line(), other.line()
        other.close()
        return lines[1] is not None and lines[1]["type"] == "now"

    wait_until(is_let_in)
    talks[1].close()
    turned_away.close()


def test_a_reader_that_asks_too_much_waits(run: Run) -> None:
    """Of a flood of requests a hundred are done in a second; another reader has its reply meanwhile."""
    flood, other = Talk(run.path), Talk(run.path)
    flood.send(*({"request": "resume", "camera": "yard", "id": number} for number in range(3 * MOST_REQUESTS)))
    other.send({"request": "resume", "camera": "yard", "id": "mine"})
    other.until("done", id="mine")
    kinds: list[str] = []
    while kinds.count("done") < 3 * MOST_REQUESTS:
        kinds.append((flood.line() or {"type": "end"})["type"])
    assert kinds[kinds.index("done") :].count("now") == 0 or "now" in kinds  # counts may come in between
    flood.close()
    other.close()


def test_the_end_is_told(tmp_path: Path) -> None:
    """When the run ends, readers are told why, the connection ends, and the socket is gone."""
    run = Run(tmp_path)
    talk = Talk(run.path)
    talk.until("now")
    run.door.tell(answer("the last"))
    run.close()
    kinds = [line["type"] for line in talk.rest()]
    talk.close()
    assert kinds[-2:] == ["analysis", "bye"]
    assert not run.path.exists()
    assert door_threads() == []


def test_without_readers_nothing_is_queued() -> None:
    """A door at which no one stands remembers the newest answer of each camera and the events that run, only."""
    inbox = Inbox[Reader]()
    for number in range(5000):
        inbox.put(answer(str(number)))
        inbox.put(event("start", str(number)))
        inbox.put(event("end", str(number)))
    assert inbox.take().told == []
    told, known = inbox.begin()
    assert (told, [getattr(one, "text", None) for one in known]) == ([], ["4999"])
    inbox.keep(["gate"])
    assert inbox.begin()[1] == []
    inbox.close()


def test_a_door_that_does_not_take_bounds_what_waits() -> None:
    """What the door's thread does not take in time is lost, the oldest first, and counted."""
    inbox = Inbox[Reader]()
    inbox.begin()
    for number in range(MOST_TOLD + 500):
        inbox.put(answer(str(number)))
    taken = inbox.take()
    assert (len(taken.told), taken.lost) == (MOST_TOLD, 500)
    inbox.close()
    inbox.put(answer())  # of a run that goes on: nothing happens


def test_replies_are_not_lost() -> None:
    """Of what waits for a reader, lines are lost and replies are not."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0.0)
    reader, line = Reader(ours, 0.0), b"x" * 100_000 + b"\n"
    for number in range(50):
        reader.put(line)
        reader.put(f"reply {number}\n".encode(), may_be_lost=False)
    got = bytearray()
    while reader.has_more:
        reader.write(1.0)
        got += theirs.recv(1_000_000)
    ours.close()
    while more := theirs.recv(1_000_000):
        got += more
    theirs.close()
    lines = got.split(b"\n")
    assert [one for one in lines if one.startswith(b"reply")] == [f"reply {number}".encode() for number in range(50)]
    lost = sum(json.loads(one)["lines"] for one in lines if one.startswith(b"{"))
    assert lost + sum(one.startswith(b"x") for one in lines) == 50
    assert lost >= 50 - (MOST_WAITING + 65_536) // len(line) - 1


moments = st.fixed_dictionaries(
    {
        "cameras": st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3),
        "rules": st.lists(st.integers(0, 1), max_size=2),
        "sinks": st.lists(st.integers(0, 1), max_size=2),
        "troubles": st.lists(st.integers(0, 1), max_size=2),
    }
)


@given(moments, moments)
def test_changes_lead_from_one_moment_to_the_next(before: dict[str, Any], now: dict[str, Any]) -> None:
    """What is new since a moment, put on it, gives the next; nothing new is nothing to tell."""
    changed = changes(before, now)
    assert after(before, changed) == now
    assert bool(changed) == (before != now)


def test_a_camera_never_waits_for_a_door(run: Run) -> None:
    """With fifty readers that take nothing, telling goes on: no call of it waits for one of them."""
    hanging = [Talk(run.path) for _ in range(50)]
    watching = Talk(run.path)
    watching.until("now")
    done = threading.Event()

    def tell() -> None:
        for _ in range(300):
            run.door.tell(answer("x" * 20_000))
        done.set()

    threading.Thread(target=tell, daemon=True).start()
    assert done.wait(60.0)
    run.door.tell(event("start", "last"))
    while (watching.line() or {}).get("id") != "last":
        pass
    for talk in [*hanging, watching]:
        talk.close()
