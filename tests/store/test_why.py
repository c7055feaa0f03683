"""Why there was no alert: each thing that can become of a moment, in a store that a watched camera wrote."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from storing import rows as stored_rows

from rxvlm import Analysis, DecodeError, Frame, Ledger, ModelError, Store, compose, rule, watch
from rxvlm import operators as rxo
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.errors import NotStoredError
from rxvlm.ledger import Decision
from rxvlm.rules import AnyRule, Mutes
from rxvlm.sources.running.delivery import counted
from rxvlm.store.why import Ruling, Why
from rxvlm.stream import Operator
from rxvlm.testing import Say, ScriptedVlm, frames_at, play, scripted, video_of

T0 = float(int(time.time()) - 3600)  # when the camera began
(STILL,) = frames_at([0.0], size=(16, 16))


class Night:
    """A camera that is watched on a virtual clock, with its answers, events and fates written to a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualTimeScheduler(T0)
        self.ledger = Ledger("yard", clock=lambda: now_in_seconds(self.clock))

    def frames(self, seconds: float, *, live: bool = True) -> Observable[Frame]:
        frames = frames_at([at / 2 for at in range(round(2 * seconds))], source="yard", size=(16, 16))
        return video_of([replace(frame, captured=T0 + frame.time) for frame in frames] if live else frames)

    def watch(self, model: ScriptedVlm, *rules: AnyRule, frames: Observable[Frame] | None = None, **how: Any) -> None:
        """Watch 60 s in windows of 10 s."""
        frames = self.frames(60.0) if frames is None else frames
        self.play(watch(frames, model, name="yard", ledger=self.ledger, scheduler=self.clock, **how), *rules)

    def compose(self, *steps: Operator[Any, Any], live: bool = True) -> None:
        """Watch 60 s by steps from frames to clips."""
        frames = counted(self.frames(60.0, live=live), self.ledger, live=live)
        clips = frames.pipe(compose(*steps), rxo.encode_jpegs(on_drop=self.ledger.drop, scheduler=self.clock))
        asked = rxo.analyze(model_saying("yes"), "?", ledger=self.ledger, scheduler=self.clock)
        self.play(clips.pipe(asked, rxo.close_ledger(self.ledger)))

    def play(
        self, answers: Observable[Analysis], *rules: AnyRule, seconds: float = 200.0, mutes: Mutes | None = None
    ) -> None:
        written = answers.pipe(rxo.with_events(*rules, mutes=mutes), rxo.to(self.store.write, scheduler=self.clock))
        play(written, seconds=seconds, scheduler=self.clock)

    def why(self, seconds: float) -> Why:
        return self.store.why("yard", T0 + seconds)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with Store(tmp_path / "watch.db") as store:
        yield Night(store)


def model_saying(*answers: str | Say) -> ScriptedVlm:
    return scripted(*(say if isinstance(say, Say) else Say(say, 1.3) for say in answers))


def seen(*people: int | None) -> ScriptedVlm:
    """Script a model that sees so many people in one window after the other; None: its answer has no such field."""
    values: list[dict[str, Any]] = [{} if count is None else {"people": count} for count in people]
    return scripted(*(Say("people", 1.3, value=value) for value in values))


def told(why: Why) -> tuple[str, str]:
    return why.reason, why.detail


def test_a_moment_before_it_was_watched(night: Night) -> None:
    """Nobody watched: it says from when on somebody did."""
    night.watch(model_saying("yes"))
    assert told(night.why(-60.0)) == ("not captured", "not watched")
    assert "was not watched; that began at" in night.why(-60.0).sentence


def test_a_camera_that_was_away(night: Night) -> None:
    """It says since when, until when and why, also if it was first stalled and then lost."""

    def go_away(seconds: float, state: Any, reason: str = "") -> None:
        night.clock.schedule_relative(seconds, lambda *_: night.ledger.state(state, reason))

    go_away(21.0, "stalled", "no picture for 3 s")
    go_away(24.0, "waiting", "connection refused")
    go_away(47.0, "live")
    frames = night.frames(60.0).pipe(ops.filter(lambda frame: not 18.0 <= frame.time < 47.0))
    night.watch(model_saying("yes"), frames=frames)
    away = night.why(30.0)
    assert told(away) == ("not captured", "waiting: connection refused")
    assert (away.since, away.until) == (T0 + 21.0, T0 + 47.0)
    assert told(night.why(22.0)) == ("not captured", "stalled: no picture for 3 s")
    assert told(night.why(50.0)) == ("answered", "")


def test_a_moment_after_its_end(night: Night) -> None:
    """A camera that is not watched any more was not filmed, from then on."""
    night.watch(model_saying("yes"))
    over = night.why(300.0)
    assert over.reason == "not captured"
    assert "it was not watched any more" in over.sentence
    assert over.until is None


def test_a_run_that_was_killed(night: Night) -> None:
    """A run without an end, of which nobody holds the lock any more, broke off after the last that is known of it."""
    night.store.write.follow(night.ledger)
    night.ledger.state("live")
    assert night.why(5.0).reason == "pending"
    night.store.close()
    assert told(night.why(5.0)) == ("not captured", "broke off")
    other = Ledger("gate")
    night.store.write.follow(other)
    other.state("live")
    assert told(night.why(5.0)) == ("not captured", "broke off")


def test_a_run_that_was_killed_while_the_camera_was_away(night: Night) -> None:
    """It says since when the camera was away, and that the program broke off after that."""
    night.store.write.follow(night.ledger)
    night.ledger.state("waiting", "no route")
    assert "broke off" not in night.why(5.0).sentence
    night.store.close()
    assert "it was away: waiting (no route), from" in night.why(5.0).sentence
    assert "broke off after that" in night.why(5.0).sentence


def test_a_moment_of_which_nothing_is_written_yet(night: Night) -> None:
    """A window that is still open, or asked about, is pending."""
    answers = watch(night.frames(60.0), model_saying("yes"), name="yard", ledger=night.ledger, scheduler=night.clock)
    watching = answers.pipe(rxo.to(night.store.write, scheduler=night.clock)).subscribe(scheduler=night.clock)
    night.clock.advance_to(T0 + 15.0)
    reasons = [night.why(seconds).reason for seconds in (5.0, 14.0)]
    watching.dispose()
    assert reasons == ["answered", "pending"]


def test_a_gate_that_was_shut(night: Night) -> None:
    """A window behind a shut gate is skipped by it; several in a row are one row."""
    still = night.frames(60.0).pipe(ops.map(lambda frame: replace(frame, pixels=STILL.pixels)))
    night.watch(model_saying("yes"), frames=still, gate="motion")
    shut = night.why(25.0)
    assert told(shut) == ("skipped", "gate")
    assert "the gate was shut" in shut.sentence
    assert (shut.since, shut.until) == (T0, T0 + 59.5)


def test_a_gap_between_windows(night: Night) -> None:
    """A moment between two windows is skipped, and the windows beside it are answered."""
    night.compose(rxo.buffer_by_time(5.0, 20.0, on_drop=night.ledger.drop))
    assert told(night.why(10.0)) == ("skipped", "gap")
    assert [night.why(seconds).reason for seconds in (3.0, 22.0)] == ["answered", "answered"]


def test_the_scrap_at_the_end_of_a_film(night: Night) -> None:
    """The short last window of a film is skipped; times are those of the film."""
    night.watch(model_saying("yes"), frames=night.frames(60.5, live=False).pipe(as_film(night)))
    assert told(night.store.why("yard", "00:01:00")) == ("skipped", "short")
    assert night.store.why("yard", 3).reason == "answered"
    assert told(night.store.why("yard", 75.0)) == ("not captured", "")


def as_film(night: Night) -> Callable[[Observable[Frame]], Observable[Frame]]:
    return lambda frames: counted(frames, night.ledger, live=False)


def test_frames_that_were_thinned_out(night: Night) -> None:
    """A moment whose frames were all left out to lower the rate is thinned."""
    night.compose(rxo.thin_to_rate(0.05, on_drop=night.ledger.drop), rxo.buffer_by_time(1.0))
    assert told(night.why(9.0)) == ("thinned", "")
    assert night.why(20.2).reason == "answered"


def test_a_queue_that_was_full(night: Night) -> None:
    """Of a slow model the oldest windows that wait are lost, and the sentence says that it was slow."""
    night.watch(model_saying(Say("slow", 35.3)))
    assert [told(night.why(seconds)) for seconds in (5.0, 15.0)] == [("answered", ""), ("lost", "overflow")]
    assert "slower than the camera" in night.why(15.0).sentence


def test_an_answer_that_came_too_late(night: Night) -> None:
    """A call that took longer than `max_age` allows is lost as late."""
    night.watch(model_saying(Say("slow", 35.3), "quick"), max_age=15.1)
    assert [told(night.why(seconds)) for seconds in (5.0, 15.0)] == [("lost", "late"), ("answered", "")]


def test_a_window_that_was_too_old(night: Night) -> None:
    """Pictures that come half a minute late are too old to be asked about."""
    late = night.frames(60.0).pipe(ops.delay(30.0, night.clock))
    night.watch(model_saying("yes"), frames=late, max_age=15.1)
    assert told(night.why(5.0)) == ("lost", "stale")


def test_pictures_that_cannot_be_decoded(night: Night) -> None:
    """A window of which no picture can be decoded is lost."""
    night.watch(model_saying("yes"), frames=night.frames(60.0).pipe(ops.map(damaged)))
    assert told(night.why(35.0)) == ("lost", "undecodable")


def damaged(frame: Frame) -> Frame:
    class Damaged:
        def picture(self) -> Any:
            raise DecodeError("damaged")

        image = picture

    return replace(frame, pixels=Damaged()) if 30.0 <= frame.time < 40.0 else frame


def test_a_pause(night: Night) -> None:
    """Of a window that was left out while asking was paused it says so, with the reason for the pause."""
    night.clock.schedule_relative(12.0, lambda *_: night.ledger.pause("lunch"))
    night.clock.schedule_relative(34.9, lambda *_: night.ledger.resume())
    night.watch(model_saying("yes"))
    assert [told(night.why(seconds)) for seconds in (5.0, 25.0, 35.0)] == [
        ("answered", ""),
        ("paused", "lunch"),
        ("answered", ""),
    ]
    assert "asking about this camera was paused (lunch)" in night.why(25.0).sentence


def test_a_muted_rule(night: Night) -> None:
    """Of an event of a muted rule it says that there was no alert, since it was muted; the event is in the store."""
    mutes = Mutes(clock=lambda: now_in_seconds(night.clock))
    mutes.mute("people", 35.0)
    people = rule("people", "people > 0", need=(1, 1), clear=1)
    answers = watch(night.frames(60.0), seen(1, 1, 0, 0, 1), name="yard", ledger=night.ledger, scheduler=night.clock)
    night.play(answers, people, mutes=mutes)
    assert [night.why(seconds).reason for seconds in (5.0, 15.0, 25.0, 45.0)] == [
        "muted",
        "muted",
        "did not hold",
        "alerted",
    ]
    assert "caused no alert: it was muted" in night.why(5.0).sentence
    events = [one.event() for one in night.store.search(events=True)]
    assert [one.muted for one in sorted(events, key=lambda one: one.start)] == [True, False]


def test_a_run_that_was_left(night: Night) -> None:
    """What waited, was open or in flight when the user left is lost with the run."""
    answers = watch(
        night.frames(60.0), model_saying(Say("slow", 30.0)), name="yard", ledger=night.ledger, scheduler=night.clock
    )
    night.play(answers, seconds=25.0)
    assert [told(night.why(seconds)) for seconds in (5.0, 15.0, 22.0)] == [("lost", "disposed")] * 3


def test_a_step_of_the_user_that_lets_fall(night: Night) -> None:
    """What a plain filter did not pass on is unaccounted, by window."""
    night.compose(rxo.buffer_by_time(10.0), ops.filter(lambda window: window.start != 20.0))
    assert night.why(25.0).reason == "unaccounted"
    assert [night.why(seconds).reason for seconds in (15.0, 35.0)] == ["answered", "answered"]


def test_a_call_that_failed(night: Night) -> None:
    """A window that was asked about in vain says how the call failed; its answer is in the store, too."""
    night.watch(model_saying("yes", Say("", 1.3, error=ModelError("the key is wrong")), "yes"), rule("n", "people > 0"))
    failed = night.why(15.0)
    assert told(failed) == ("failed", "ModelError: the key is wrong")
    assert failed.answer is not None
    assert night.store.get(failed.answer).analysis().error is not None
    assert [(one.outcome, one.why) for one in failed.rules] == [("unknown", "the call failed")]


def test_what_a_rule_decided(night: Night) -> None:
    """Unknown, did not hold, held but 1 of 3, alerted (which), and cooled down after it."""
    somebody = rule("somebody", "people > 0", need=(2, 3), clear=1, cooldown=30.0)
    counts = (None, 0, 1, 1, 0, 1, 1)
    night.watch(seen(*counts), somebody, frames=night.frames(70.0))
    assert [night.why(10.0 * at + 5.0).reason for at in range(7)] == [
        "unknown",
        "did not hold",
        "held",
        "alerted",
        "did not hold",
        "held",
        "cooled down",
    ]
    assert night.why(5.0).rules[0].why == "there is no field 'people'"
    assert "could not be decided: there is no field 'people'" in night.why(5.0).sentence
    held, alerted, cooled = (night.why(seconds) for seconds in (25.0, 35.0, 65.0))
    assert held.rules == (Ruling("somebody", "held", 1, (2, 3), None),)
    assert "in 1 of the last 3 answers only, and needs 2" in held.sentence
    (event,) = {found.id for found in night.store.search(events=True)}
    assert alerted.rules[0].event == event
    assert f"(event {event[:8]}, which began at" in alerted.sentence
    assert "its cooldown" in cooled.sentence


def test_a_rule_outside_of_its_hours(night: Night) -> None:
    """A rule that was not active says so; another one that alerted comes first."""
    other = time.strftime("%H:%M", time.gmtime(T0 + 7200)), time.strftime("%H:%M", time.gmtime(T0 + 10_800))
    asleep = rule("asleep", "people > 0", active=f"{other[0]}-{other[1]} UTC")
    awake = rule("awake", "people > 0", need=(1, 1))
    night.watch(seen(1), asleep, awake)
    why = night.why(5.0)
    assert [(one.rule, one.outcome) for one in why.rules] == [("awake", "alerted"), ("asleep", "inactive")]
    assert why.reason == "alerted"
    assert '"asleep" was outside of its hours.' in why.sentence


def test_a_rule_that_was_muted(night: Night) -> None:
    """What was muted says so, by whatever muted it: a decision that the ledger is told."""

    def mute(answer: Analysis) -> None:
        night.ledger.decide(Decision("yard", answer.clip.span, "somebody", "muted", 1, (1, 1)))

    answers = watch(night.frames(60.0), seen(1), name="yard", ledger=night.ledger, scheduler=night.clock)
    night.play(answers.pipe(ops.do_action(mute)))
    assert night.why(5.0).reason == "muted"
    assert '"somebody" held, but caused no alert: it was muted.' in night.why(5.0).sentence


def test_a_rule_about_errors(night: Night) -> None:
    """A failed call about which a rule alerted is an alert first."""
    broken = rule("broken", "error != ''", need=(1, 1))
    night.watch(model_saying(Say("", 1.3, error=ModelError("no"))), broken)
    assert night.why(5.0).reason == "alerted"


def test_an_answer_without_a_rule(night: Night) -> None:
    """An answer that no rule looked at is quoted, with its id."""
    night.watch(model_saying("a red car"))
    why = night.why(5.0)
    assert told(why) == ("answered", "")
    assert f'answered "a red car" (answer {why.answer})' in why.sentence
    assert (why.since, why.until) == (T0, T0 + 59.5)  # where its last frame was filmed


def test_a_ledger_of_another_name(night: Night) -> None:
    """Windows and answers are found by the name that the frames have, though the ledger has another."""
    night.ledger = Ledger("front")
    answers = watch(night.frames(20.0), seen(1), ledger=night.ledger, scheduler=night.clock)
    night.play(answers, rule("somebody", "people > 0", need=(1, 1)))
    assert night.why(5.0).reason == "alerted"


def test_a_store_of_answers_alone(tmp_path: Path) -> None:
    """Where no ledger was followed, answers are all that is known."""
    from storing import answer

    with Store(tmp_path / "watch.db") as store:
        written = answer(1, "a dog")
        store.write(written)
        assert written.clip.captured is not None
        assert store.why("yard", written.clip.captured - 5.0).reason == "answered"


def test_the_newest_run_of_a_film_counts(night: Night) -> None:
    """A film that was watched twice is explained by the run that was last."""
    for said in ("first", "second"):
        night.ledger = Ledger("yard")
        night.watch(model_saying(said), frames=night.frames(20.0, live=False).pipe(as_film(night)))
        night.clock = VirtualTimeScheduler(T0)
    assert '"second"' in night.store.why("yard", 5.0).sentence


def test_it_is_json(night: Night) -> None:
    """It has a form of plain values, with the moment as RFC 3339 writes it."""
    night.watch(seen(1), rule("somebody", "people > 0", need=(1, 1)))
    record = json.loads(json.dumps(night.why(5.0).to_dict()))
    assert (record["type"], record["version"], record["reason"]) == ("why", 1, "alerted")
    assert record["at"].startswith(time.strftime("%Y-", time.localtime(T0)))
    assert record["rules"][0]["need"] == [1, 1]


def test_it_shows_itself(night: Night) -> None:
    """Its repr is short, and a notebook shows its sentence; what a model said is no HTML."""
    night.watch(model_saying("<script>"))
    why = night.why(5.0)
    assert repr(why).startswith("Why('yard' at ")
    assert repr(why).endswith(", answered)")
    shown = why._repr_html_()  # pyright: ignore[reportPrivateUsage] - a notebook's name for it
    assert "answered" in shown
    assert "<script>" not in shown


def test_wrong_questions(night: Night) -> None:
    """An unknown camera, a time that is none, and a time of a film about a camera are errors that help."""
    night.watch(model_saying("yes"))
    with pytest.raises(NotStoredError, match="no camera 'gate'; it has yard"):
        night.store.why("gate", T0)
    with pytest.raises(ValueError, match="a time is written as"):
        night.store.why("yard", "yesterday")
    with pytest.raises(ValueError, match="yard is a camera"):
        night.store.why("yard", 3)


def test_times_can_be_written_as_they_are_read(night: Night) -> None:
    """What a sentence says is read: the clock with seconds of a camera, minutes and seconds of a film."""
    noon = time.mktime((*time.localtime()[:3], 12, 0, 0, 0, 0, -1))
    night.watch(model_saying("yes"))
    assert night.store.why("yard", "12:00:07.5").time == noon + 7.5
    assert night.store.why("yard", "12:00").time == noon
    night.ledger = Ledger("film")
    frames = frames_at([at / 2 for at in range(200)], source="film", size=(16, 16))
    night.play(watch(video_of(frames).pipe(as_film(night)), model_saying("yes"), scheduler=night.clock))
    assert [night.store.why("film", text).time for text in ("0:24.5", "1:07", "00:01:07", "7")] == [24.5, 67, 67, 7]


def test_what_is_deleted_is_not_explained(night: Night) -> None:
    """Forgetting a camera forgets what is known of its windows and states, too."""
    night.watch(model_saying("yes"))
    night.store.delete(camera="yard")
    with pytest.raises(NotStoredError):
        night.why(5.0)


def test_fates_are_kept_for_7_days(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written 8 days ago is forgotten when something new is written."""
    week_ago = time.time() - 8 * 86_400
    with monkeypatch.context() as then:
        then.setattr("rxvlm.store.fates.time.time", lambda: week_ago)
        night.watch(model_saying("yes"))
    night.store.close()
    with Store(night.store.path) as store:
        listening = store.write.follow(Ledger("gate"))
        with pytest.raises(NotStoredError, match="it has gate, yard"):  # the answers are still there
            store.why("hall", T0)
        assert store.why("yard", T0 + 5.0).since is None
        listening.dispose()


class Logged(logging.Handler):
    """Waits for a line of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.came = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.came.set()


def test_a_store_that_cannot_be_written_harms_no_camera(tmp_path: Path) -> None:
    """What ledgers tell is lost then, and the log says so; the camera goes on."""
    store, log, logged = Store(tmp_path / "missing" / "watch.db"), logging.getLogger("rxvlm"), Logged()
    ledger = Ledger("yard", lambda *_: None)
    logged.setLevel(logging.ERROR)
    log.addHandler(logged)
    try:
        with store.write.follow(ledger):
            ledger.state("live")
            assert logged.came.wait(60.0)
    finally:
        log.removeHandler(logged)
    assert "what became of windows is not stored" in logged.lines[0]
    assert ledger.snapshot().state == "live"


def test_a_ledger_that_is_followed_twice_is_written_once(night: Night) -> None:
    """Two steps that write to one store do not double what a ledger tells."""
    first, second = (night.store.write.follow(night.ledger) for _ in range(2))
    night.ledger.state("live")
    first.dispose()
    night.ledger.state("stalled")
    second.dispose()
    night.ledger.state("live")
    night.store.close()

    rows = stored_rows(night.store.path, "SELECT state FROM states ORDER BY id")
    assert [state for (state,) in rows] == ["connecting", "live", "stalled"]
