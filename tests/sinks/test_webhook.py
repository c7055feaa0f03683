"""webhook: what a real receiver gets, when it gets it again, and what ends it."""

from __future__ import annotations

import logging
import random
import socket
import threading
from base64 import b64decode, b64encode
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import reactivex
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from conftest import WATCHDOG
from mosquitto import certificate
from reactivex.subject import Subject
from receiver import Receiver, Reply
from standardwebhooks.webhooks import Webhook as Verifier
from telling import JPEG, answer, event

from rxvlm import Clip, collect, errors
from rxvlm import operators as rxo
from rxvlm.concurrency.patience import Patience
from rxvlm.network.certificates import trusted
from rxvlm.sinks import webhook
from rxvlm.sinks.posting.receiver import Receiver as Target
from rxvlm.sinks.webhook import LONGEST_PAUSE, Webhook

SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
pytestmark = pytest.mark.usefixtures("clean_environment")


class Pauses:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now, self.all = 0.0, list[float]()
        self.patience = Patience(lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.all.append(seconds)


def unhurried(url: str, pauses: Pauses, **options: Any) -> Webhook:
    return Webhook(Target(url), None, patience=pauses.patience, dice=random.Random(1), **options)


def test_an_event_is_a_cloud_event() -> None:
    """Its facts are those of the event, and its data is the JSON form of it."""
    with Receiver() as receiver:
        webhook(receiver.url)(event("end", 7))
    (posted,) = receiver.posted
    body = posted.event
    assert posted.headers["content-type"] == "application/cloudevents+json"
    assert (body["specversion"], body["id"], body["subject"]) == ("1.0", "e7/end/4", "e7")
    assert (body["source"], body["type"]) == ("/cameras/yard", "dev.rxvlm.event.end.v1")
    assert body["data"] == event("end", 7).to_dict()


def test_the_official_package_reads_it() -> None:
    """The SDK of CloudEvents makes an event of what is sent, with the time of what happened."""
    with Receiver() as receiver:
        webhook(receiver.url)(event("end"))
    (posted,) = receiver.posted
    read = from_http_event(HTTPMessage(posted.headers, posted.body))
    assert (read.get_id(), read.get_type(), read.get_source()) == (
        "e1/end/4",
        "dev.rxvlm.event.end.v1",
        "/cameras/yard",
    )
    happened = read.get_time()
    assert happened is not None
    assert happened.timestamp() == 990.0 + 40.0
    data: Any = read.get_data()
    assert data["analysis"]["text"] == "A person."


def test_the_official_package_verifies_it() -> None:
    """The library of Standard Webhooks accepts the signature, and no other body or secret."""
    with Receiver() as receiver:
        webhook(receiver.url, secret=SECRET)(event())
    (posted,) = receiver.posted
    assert posted.headers["webhook-id"] == "e1/start/1"
    assert Verifier(SECRET).verify(posted.body, posted.headers)["id"] == "e1/start/1"
    for body, secret in ((posted.body + b" ", SECRET), (posted.body, "whsec_" + b64encode(bytes(32)).decode())):
        with pytest.raises(Exception, match="No matching signature"):
            Verifier(secret).verify(body, posted.headers)


def test_only_what_was_asked_for_is_sent() -> None:
    """Starts and ends unless told otherwise; updates and answers on request."""
    with Receiver() as receiver:
        for sink in (webhook(receiver.url), webhook(receiver.url, phases=("update",), answers=True)):
            for item in (answer(), answer(marks=frozenset({"audit"})), event("start"), event("update"), event("end")):
                sink(item)
    kinds = [posted.event["type"].removeprefix("dev.rxvlm.") for posted in receiver.posted]
    assert kinds == ["event.start.v1", "event.end.v1", "analysis.v1", "event.update.v1"]


def test_answers_about_one_window_are_told_apart() -> None:
    """The same answer has the same id, one of another model another."""
    with Receiver() as receiver:
        sink = webhook(receiver.url, answers=True)
        for text in ("a", "a", "b"):
            sink(answer(text) if text == "a" else answer(text, usage=None, thought="", clip=answer().clip))
        sink(answer().__class__(answer().clip, "What?", "another", 1000.0, 1001.0, "a"))
    assert len(receiver.ids) == 4
    assert len(set(receiver.ids)) == 2


def test_a_picture_goes_along_on_request() -> None:
    """The newest one that the model saw; null where there is none."""
    gone = Clip(None, "image/jpeg", (10.0,), 8, 8, 10.0, 20.0)
    with Receiver() as receiver:
        sink = webhook(receiver.url, picture=True)
        sink(event())
        sink(event(analysis=None))
        sink(event(analysis=answer(clip=gone)))
    pictures = [posted.event["data"]["picture"] for posted in receiver.posted]
    assert b64decode(pictures[0]) == JPEG
    assert pictures[1:] == [None, None]


def test_odd_names_are_sent_in_ascii() -> None:
    """A camera's name is percent-encoded in the source, an event's id in the header."""
    with Receiver() as receiver:
        webhook(receiver.url)(event(camera="Hof 1/狗\udcff", id="狗 1", analysis=None))
    (posted,) = receiver.posted
    assert posted.event["source"] == "/cameras/Hof%201/%E7%8B%97%EF%BF%BD"
    assert posted.headers["webhook-id"] == "%E7%8B%97%201/start/1"


def test_pauses_double_up_to_a_minute() -> None:
    """Before each further try it waits at most 0.5, 1, 2, ... 60 s, and at least half of that."""
    pauses = Pauses()
    with Receiver([500] * 9) as receiver:
        sink = unhurried(receiver.url, pauses)
        sink.open()
        sink(event())
    bounds = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE]
    assert len(pauses.all) == 9
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(pauses.all, bounds, strict=True))
    assert len(set(receiver.ids)) == 1


@pytest.mark.parametrize("reply", [408, 425, 429, 500, 503, 599, "close"])
def test_what_may_pass_is_tried_again(reply: Reply) -> None:
    """And taken the second time."""
    with Receiver([reply]) as receiver:
        unhurried(receiver.url, Pauses())(event())
    assert len(receiver.posted) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422])
def test_what_is_refused_is_not_tried_again(status: int) -> None:
    """The error says what came back; the next item is tried."""
    with Receiver([status]) as receiver:
        sink = unhurried(receiver.url, Pauses())
        with pytest.raises(errors.SinkError, match=str(status)):
            sink(event("start"))
        sink(event("end"))
    assert receiver.ids == ["e1/start/1", "e1/end/4"]


def test_a_receiver_may_say_how_long_to_wait() -> None:
    """Retry-After is kept, unless it is longer than an item is tried."""
    pauses = Pauses()
    with Receiver(
        [(429, {"Retry-After": "7"}), (503, {"Retry-After": "3"}), 204, (429, {"Retry-After": "9999"})]
    ) as it:
        sink = unhurried(it.url, pauses)
        sink(event("start"))
        assert pauses.all == [7.0, 3.0]
        with pytest.raises(errors.SinkError, match="429 Too Many Requests"):
            sink(event("end"))


def test_redirects_are_not_followed() -> None:
    """Nothing is sent to the other address, which the error names without its secrets."""
    with Receiver() as other, Receiver([(307, {"Location": f"{other.url}?token=s3cret"})]) as receiver:
        with pytest.raises(errors.SinkError, match="redirects are not followed") as raised:
            webhook(receiver.url)(event())
        assert str(other.port) in str(raised.value)
        assert "s3cret" not in str(raised.value)
    assert (len(receiver.posted), other.posted) == (1, [])


def test_a_certificate_that_is_not_trusted_is_an_error(tmp_path: Path) -> None:
    """Nothing is sent, and it is not tried again; the error says how to trust it."""
    pauses = Pauses()
    said = r"its certificate is not trusted .*SSL_CERT_FILE"
    with Receiver(pem=certificate(tmp_path)) as receiver, pytest.raises(errors.SinkError, match=said):
        unhurried(receiver.url, pauses)(event())
    assert (receiver.posted, pauses.all) == ([], [])


def test_a_certificate_that_is_trusted_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the file that SSL_CERT_FILE names."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path)))
    trusted.cache_clear()
    try:
        with Receiver(pem=tmp_path / "broker.pem") as receiver:
            webhook(receiver.url)(event())
    finally:
        trusted.cache_clear()
    assert receiver.ids == ["e1/start/1"]


def test_gone_ends_it() -> None:
    """After 410 nothing is sent any more; each item is an error."""
    with Receiver([410]) as receiver:
        sink = webhook(receiver.url)
        for _ in range(3):
            with pytest.raises(errors.SinkError, match="410 Gone"):
                sink(event())
    assert len(receiver.posted) == 1


def test_a_receiver_that_hangs_is_left() -> None:
    """A request takes no longer than is left."""
    with Receiver(["hang"]) as receiver:
        sink = webhook(receiver.url)
        sink.finish(0.2)
        with pytest.raises(errors.SinkError, match="no answer within"):
            sink(event())


def test_a_call_is_given_up_after_a_while() -> None:
    """Plainly called it tries for 30 s, behind a queue for a day; the error says why."""
    for behind_a_queue, seconds in ((False, 30.0), (True, 86_400.0)):
        pauses = Pauses()
        sink = unhurried("http://127.0.0.1:9/hook", pauses)
        if behind_a_queue:
            sink.open()
        with pytest.raises(errors.SinkError, match=r"http://127.0.0.1:9/\.\.\.: no connection: .*refused"):
            sink(event())
        assert seconds - LONGEST_PAUSE < pauses.now < seconds


def test_a_receiver_that_fails_at_one_item_is_asked_to_take_the_next() -> None:
    """After an hour, in which it may have been restarted."""
    pauses = Pauses()
    with Receiver(reply=lambda: 500 if pauses.now < 3600.0 else 204) as receiver:
        sink = unhurried(receiver.url, pauses)
        sink.open()
        with pytest.raises(errors.SinkError, match="500 Internal Server Error"):
            sink(event("start"))
        assert 3600.0 - LONGEST_PAUSE < pauses.now < 3600.0
        sink(event("end"))
    assert receiver.ids[-1] == "e1/end/4"


def test_closing_ends_a_call_that_waits() -> None:
    """A call on another thread is told by `finish`, and `close` returns when it has ended."""
    with Receiver([500] * 99) as receiver:
        sink = webhook(receiver.url)
        waits = threading.Event()
        failed: list[Exception] = []

        def call() -> None:
            try:
                sink(event())
            except errors.SinkError as error:
                failed.append(error)

        receiver.told = lambda _posted: waits.set()
        thread = threading.Thread(target=call)
        thread.start()
        assert waits.wait(WATCHDOG)
        sink.finish(0.01)
        sink.close()
        thread.join(WATCHDOG)
        assert len(failed) == 1
        receiver.script.clear()
        sink(event("end"))  # after closing it can be used again
    assert receiver.ids[-1] == "e1/end/4"


def test_an_end_never_overtakes_its_start() -> None:
    """Behind `to`, with a receiver that takes every second try."""
    items = [event(phase, number) for number in range(5) for phase in ("start", "end")]
    with Receiver([500, 204] * 10) as receiver:
        step = rxo.to(unhurried(receiver.url, Pauses()))
        collect(reactivex.from_iterable(items).pipe(step))
    taken = receiver.ids[1::2]
    assert taken == receiver.ids[::2] == [f"{item.id}/{item.phase}/{item.count}" for item in items]
    assert (step.sent, step.failed, step.lost) == (10, 0, 0)


def test_answers_take_no_place_from_events() -> None:
    """What a webhook does not send does not fill its queue while the receiver is away."""
    with Receiver() as receiver:
        held = threading.Event()
        receiver.told = lambda _posted: held.wait(WATCHDOG)
        source = Subject[Any]()
        step = rxo.to(webhook(receiver.url), capacity=2, overflow="drop_oldest")
        source.pipe(step).subscribe()
        for item in (event("start"), *[answer()] * 50, event("end"), *[answer()] * 50, event("start", 2)):
            source.on_next(item)
        held.set()
        source.on_completed()
        assert step.wait(WATCHDOG)
    assert receiver.ids == ["e1/start/1", "e1/end/4", "e2/start/1"]
    assert step.lost == 0


@pytest.mark.usefixtures("no_threads_left")
def test_a_dead_receiver_holds_up_no_end() -> None:
    """Disposing returns at once; after ``drain`` seconds all is counted, and the thread has ended."""
    source = Subject[Any]()
    step = rxo.to(webhook("http://127.0.0.1:9/hook"), drain=0.2)
    subscription = source.pipe(step).subscribe()
    for number in range(3):
        source.on_next(event("start", number))
    subscription.dispose()
    assert step.wait(WATCHDOG)
    assert (step.sent, step.failed + step.lost) == (0, 3)


def test_two_streams_may_share_a_webhook() -> None:
    """The end of one closes nothing of the other, which goes on trying."""
    pauses = Pauses()
    with Receiver(reply=lambda: 503 if pauses.now < 600.0 else 204) as receiver:
        sink = unhurried(receiver.url, pauses)
        step, other = rxo.to(sink), rxo.to(sink)
        source = Subject[Any]()
        source.pipe(step).subscribe()
        assert collect(reactivex.empty().pipe(other)) == []
        taken = threading.Event()
        receiver.told = lambda _posted: taken.set() if pauses.now >= 600.0 else None
        source.on_next(event())
        assert taken.wait(WATCHDOG)
        source.on_completed()
        assert step.wait(WATCHDOG)
    assert (step.sent, step.failed, step.lost) == (1, 0, 0)


def test_secrets_are_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Not the login, the path, the query or the signing secret: in no repr, error, log or chained error."""
    caplog.set_level(logging.INFO)  # at which a client of httpx logs addresses
    secret = "whsec_" + b64encode(b"s3cret" * 5).decode()
    with Receiver([500, 204, (302, {"Location": "/s3cret?token=s3cret"}), "close", 400]) as receiver:
        url = receiver.url.replace("http://", "http://s3cret:s3cret@") + "/s3cret?token=s3cret&s3cret"
        sink = webhook(url, secret=secret)
        sink(event("start"))
        shown = [repr(sink), repr(rxo.to(sink)(reactivex.empty()).steps)]
        for _ in range(2):
            with pytest.raises(errors.SinkError) as raised:
                sink(event("end"))
            error: BaseException | None = raised.value
            while error is not None:
                shown.append(repr(error))
                error = error.__context__
    assert receiver.posted[0].headers["authorization"] == f"Basic {b64encode(b's3cret:s3cret').decode()}"
    assert receiver.posted[0].path == "/hook/s3cret?token=s3cret&s3cret"
    for text in (*shown, caplog.text):
        assert "s3cret" not in text
        assert secret.removeprefix("whsec_") not in text


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("ftp://u:s3cret@host/x", {}, "ftp://host/... is not an address of a webhook: give http://... or https://..."),
        ("hooks.example.com/x", {}, "is not an address of a webhook"),
        ("http://", {}, "has no host in it"),
        ("http://u:s3cret@host/\x01", {}, "is malformed"),
        ("http://u:s3cret#a@host/x", {}, "in a user name or password, write %23 for #"),
        ("http://u:s3cret@host:port/x", {}, "is malformed"),
        ("http://host", {"phases": ["begin"]}, "phases are start, update, end, not 'begin'"),
        ("http://host", {"phases": []}, "would pass nothing on"),
        ("http://host", {"secret": "s3cret"}, "a webhook's secret is whsec_ and the base64 of 24 to 64 random bytes"),
        ("http://host", {"secret": "whsec_"}, "a webhook's secret is"),
        ("http://host", {"secret": "whsec_s3cret!!"}, "a webhook's secret is"),
        ("http://host", {"secret": "whsec_" + b64encode(bytes(16)).decode()}, "24 to 64 random bytes"),
    ],
)
def test_what_cannot_work_is_an_error_at_once(url: str, options: dict[str, Any], says: str) -> None:
    """A ValueError that says what is wrong, and shows no secret."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its text is looked at
        webhook(url, **options)
    assert says in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_an_outage_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """When it begins, and when it has ended."""
    with Receiver([500, 503, "close", 204, 500]) as receiver:
        sink = unhurried(receiver.url, Pauses())
        for _ in range(2):  # the second outage is within the same minute
            sink(event())
    said = [record.message.partition("/...: ")[2] for record in caplog.records if record.name == "rxvlm"]
    assert said == ["500 Internal Server Error; trying again", "it takes events again"]


class Dripping:
    """A receiver that sends its reply for ever, a few bytes at a time."""

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._drip)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        self._listening.close()

    def _drip(self) -> None:
        connection, _ = self._listening.accept()
        with connection, suppress(OSError):  # it was shut
            connection.sendall(b"HTTP/1.1 204 No Content\r\n")
            while not self._over.wait(0.02):
                connection.sendall(b"X-More: of it\r\n")


def test_a_receiver_that_drips_is_left() -> None:
    """The time-out is that of the whole request, not of each part of the reply."""
    with Dripping() as receiver:
        sink = webhook(receiver.url)
        sink.finish(0.2)
        with pytest.raises(errors.SinkError, match="no answer within"):
            sink(event())


def test_closing_leaves_a_call_that_nothing_can_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that waits for a name server; when that has ended, the sink can be used again."""
    monkeypatch.setattr(import_module("rxvlm.sinks.webhook"), "CLOSE_SECONDS", 0.01)
    began, may_end = threading.Event(), threading.Event()

    class Stuck(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert request.method == "POST"
            began.set()
            may_end.wait(WATCHDOG)
            return httpx.Response(204)

    sink = Webhook(Target("http://host/", Stuck), None)
    thread = threading.Thread(target=sink, args=(event(),))
    thread.start()
    assert began.wait(WATCHDOG)
    sink.close()
    assert thread.is_alive()
    may_end.set()
    thread.join(WATCHDOG)
    sink(event("end"))
