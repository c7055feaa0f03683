from __future__ import annotations

import dataclasses
import threading
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rxvlm import Analysis, Clip, Frame, Ledger, ModelError, Tally, Window
from rxvlm.stream import LossReason
from rxvlm.testing import frames_at

REASONS = st.sampled_from(["overflow", "late", "skipped", "thinned", "undecodable"])


def window_of(frames: list[Frame], fresh: int = -1) -> Window:
    return Window(tuple(frames), frames[0].time, frames[-1].time + 1.0, fresh=fresh)


def clip_of(window: Window) -> Clip:
    return Clip.of(window, (b"jpeg",) * len(window.frames), (64, 48), window.times)


def analysis_of(clip: Clip, error: ModelError | None = None) -> Analysis:
    return Analysis(clip, "what?", "model", 0.0, 1.0, error=error)


def captured(ledger: Ledger, count: int) -> Window:
    """Capture frames, and give the window of them."""
    frames = frames_at([float(at) for at in range(count)])
    for frame in frames:
        ledger.capture(frame)
    return window_of(frames)


def parts(tally: Tally) -> list[int]:
    own = (tally.analysed, tally.failed, tally.skipped, tally.thinned)
    return [*own, tally.waiting, tally.in_flight, tally.unaccounted, *tally.dropped.values()]


def test_a_frame_waits_from_its_capture_on() -> None:
    """A captured frame is counted as captured and waiting, and its time is the ledger's."""
    ledger = Ledger("yard")
    captured(ledger, 3)
    since = ledger.snapshot().since
    assert ledger.snapshot() == Tally("yard", "connecting", "", captured=3, waiting=3, time=2.0, since=since)


def test_a_clip_that_is_answered_to_is_analysed() -> None:
    """Frames go from waiting to in flight to analysed, and a window is settled."""
    ledger = Ledger()
    clip = clip_of(captured(ledger, 3))
    ledger.begin(clip)
    assert (ledger.snapshot().waiting, ledger.snapshot().in_flight) == (0, 3)
    ledger.settle(analysis_of(clip))
    tally = ledger.snapshot()
    assert (tally.in_flight, tally.analysed, tally.failed, tally.windows) == (0, 3, 0, 1)


def test_a_clip_that_is_not_answered_to_is_failed() -> None:
    """Frames of a clip whose analysis has an error are failed."""
    ledger = Ledger()
    clip = clip_of(captured(ledger, 3))
    ledger.begin(clip)
    ledger.settle(analysis_of(clip, ModelError("no")))
    tally = ledger.snapshot()
    assert (tally.in_flight, tally.analysed, tally.failed, tally.windows) == (0, 0, 3, 1)


def test_a_clip_is_settled_once_however_many_questions_were_asked() -> None:
    """Of two analyses of a clip the first counts, and a second `begin` counts nothing."""
    ledger = Ledger()
    clip = clip_of(captured(ledger, 3))
    captured(ledger, 4)
    ledger.begin(clip)
    ledger.begin(clip)
    assert (ledger.snapshot().waiting, ledger.snapshot().in_flight) == (4, 3)
    ledger.settle(analysis_of(clip))
    ledger.settle(analysis_of(clip, ModelError("no")))
    ledger.begin(clip)
    ledger.drop(clip, "late")
    tally = ledger.snapshot()
    assert (tally.waiting, tally.in_flight, tally.analysed, tally.failed, tally.windows) == (4, 0, 3, 0, 1)
    assert tally.dropped == {}


@pytest.mark.parametrize("of", ["frame", "window", "clip", "clip in flight"])
def test_what_is_lost_counts_under_its_reason(of: str) -> None:
    """A lost frame counts for one; a window or clip, waiting or in flight, for its fresh frames."""
    ledger = Ledger()
    window = captured(ledger, 3)
    clip = clip_of(window)
    if of == "clip in flight":
        ledger.begin(clip)
    ledger.drop({"frame": window.frames[0], "window": window}.get(of, clip), "overflow")
    lost = 1 if of == "frame" else 3
    tally = ledger.snapshot()
    assert (tally.dropped, tally.waiting, tally.in_flight) == ({"overflow": lost}, 3 - lost, 0)


def test_fresh_frames_alone_are_counted() -> None:
    """Of a window that overlaps one before it only the fresh frames count."""
    ledger = Ledger()
    frames = list(captured(ledger, 5).frames)
    clip = clip_of(window_of(frames[1:], fresh=2))
    ledger.begin(clip)
    ledger.settle(analysis_of(clip))
    assert (ledger.snapshot().analysed, ledger.snapshot().waiting) == (2, 3)
    ledger.drop(window_of(frames[3:], fresh=1), "overflow")
    assert (ledger.snapshot().dropped, ledger.snapshot().waiting) == ({"overflow": 1}, 2)


@pytest.mark.parametrize("reason", ["skipped", "thinned"])
def test_what_is_left_out_on_purpose_is_no_loss(reason: LossReason) -> None:
    """What is "skipped" or "thinned" has a term of its own, and is not among the dropped."""
    ledger = Ledger()
    ledger.drop(captured(ledger, 1).frames[0], reason)
    tally = dataclasses.asdict(ledger.snapshot())
    assert (tally[reason], tally["dropped"], tally["waiting"]) == (1, {}, 0)


def test_a_refused_frame_is_captured_and_lost_at_once() -> None:
    """A frame that a full queue refused counts as captured and dropped, and never waits; after `close` not at all."""
    ledger = Ledger()
    (frame,) = frames_at([1.0])
    ledger.refuse(frame, "overflow")
    ledger.close()
    ledger.refuse(frame, "overflow")
    tally = ledger.snapshot()
    assert (tally.captured, tally.waiting, tally.dropped, tally.time) == (1, 0, {"overflow": 1}, 1.0)


def test_a_clip_is_lost_once() -> None:
    """A clip that is told lost twice counts once, under the first reason."""
    ledger = Ledger()
    clip = clip_of(captured(ledger, 2))
    captured(ledger, 5)
    ledger.drop(clip, "stale")
    ledger.drop(clip, "disposed")
    assert (ledger.snapshot().dropped, ledger.snapshot().waiting) == ({"stale": 2}, 5)


def test_what_is_left_at_the_end_is_unaccounted() -> None:
    """After `close()` nothing waits and nothing is in flight: it is unaccounted."""
    ledger = Ledger()
    ledger.begin(clip_of(captured(ledger, 2)))
    captured(ledger, 5)
    ledger.close()
    tally = ledger.snapshot()
    assert (tally.unaccounted, tally.waiting, tally.in_flight, tally.dropped) == (7, 0, 0, {})


def test_what_is_left_when_disposed_is_lost_with_that_reason() -> None:
    """After `close("disposed")` what waited and what was in flight is dropped with that reason."""
    ledger = Ledger()
    ledger.begin(clip_of(captured(ledger, 2)))
    captured(ledger, 5)
    ledger.close("disposed")
    tally = ledger.snapshot()
    assert (tally.unaccounted, tally.waiting, tally.in_flight, tally.dropped) == (0, 0, 0, {"disposed": 7})


def test_nothing_counts_after_the_end() -> None:
    """What is captured, lost, begun or answered after `close` changes no count."""
    ledger = Ledger()
    window = captured(ledger, 2)
    flying, waiting = clip_of(window), clip_of(captured(ledger, 3))
    ledger.begin(flying)
    ledger.close("disposed")
    before = ledger.snapshot()
    captured(ledger, 4)
    ledger.drop(window, "overflow")
    ledger.settle(analysis_of(flying))
    ledger.drop(flying, "late")
    ledger.begin(waiting)
    ledger.settle(analysis_of(waiting))
    assert ledger.snapshot() == before


def test_closing_twice_changes_nothing() -> None:
    """The first `close` says why it ended; another finds nothing left."""
    ledger = Ledger()
    captured(ledger, 2)
    ledger.close("error")
    before = ledger.snapshot()
    ledger.close("disposed")
    assert ledger.snapshot() == before


def test_it_can_be_opened_again() -> None:
    """A second run counts on where the first one ended."""
    ledger = Ledger()
    captured(ledger, 2)
    ledger.close("disposed")
    ledger.open()
    captured(ledger, 3)
    tally = ledger.snapshot()
    assert (tally.captured, tally.waiting, tally.dropped) == (5, 3, {"disposed": 2})


def test_a_clip_of_an_earlier_run_counts_no_more() -> None:
    """A clip that was in flight when a run ended does not count in the next, whatever is told of it."""
    ledger = Ledger()
    clip = clip_of(captured(ledger, 2))
    ledger.begin(clip)
    ledger.close("disposed")
    ledger.open()
    captured(ledger, 3)
    before = ledger.snapshot()
    ledger.drop(clip, "late")
    ledger.begin(clip)
    ledger.settle(analysis_of(clip))
    assert ledger.snapshot() == before


def test_a_change_of_state_is_told_once() -> None:
    """The listener hears of each change of state or reason, and of no repetition."""
    told: list[tuple[str, str, str]] = []

    def tell(name: str, state: str, reason: str) -> None:
        told.append((name, state, reason))

    ledger = Ledger("yard", tell)
    ledger.state("connecting")
    for _ in range(2):
        ledger.state("live")
    ledger.state("waiting", "no route")
    ledger.state("waiting", "refused")
    assert told == [("yard", "live", ""), ("yard", "waiting", "no route"), ("yard", "waiting", "refused")]
    assert (ledger.snapshot().state, ledger.snapshot().reason) == ("waiting", "refused")


def test_a_camera_has_ended_when_its_last_window_is_settled() -> None:
    """A source that ends while windows wait or are asked about is finishing; the end is told with the last of them."""
    told: list[str] = []
    ledger = Ledger("yard", lambda _name, state, _reason: told.append(state))
    ledger.open()
    asked, waiting = clip_of(captured(ledger, 2)), captured(ledger, 3)
    ledger.begin(asked)
    ledger.state("playing")
    ledger.state("ended")
    assert (ledger.snapshot().state, told) == ("finishing", ["playing"])
    ledger.settle(analysis_of(asked))
    assert (ledger.snapshot().state, told) == ("finishing", ["playing"])
    ledger.drop(waiting, "overflow")
    assert (ledger.snapshot().state, told) == ("ended", ["playing", "ended"])


def test_closing_a_ledger_ends_a_camera_that_is_finishing() -> None:
    """What is left is settled by `close`, so the camera has ended then, with the reason of its source."""
    told: list[tuple[str, str]] = []
    ledger = Ledger("yard", lambda _name, state, reason: told.append((state, reason)))
    ledger.open()
    captured(ledger, 2)
    ledger.state("ended", "disposed")
    assert told == []
    ledger.close("disposed")
    assert told == [("ended", "disposed")]


def test_frames_that_no_run_will_settle_hold_up_no_end() -> None:
    """Without a run that will be closed the frames wait for ever, and the end of the source is the end."""
    ledger = Ledger()
    captured(ledger, 2)
    ledger.state("ended")
    assert ledger.snapshot().state == "ended"


def test_a_source_that_begins_again_is_not_finishing() -> None:
    """A new state of the source takes the place of an end that was not told yet."""
    told: list[str] = []
    ledger = Ledger("yard", lambda _name, state, _reason: told.append(state))
    ledger.open()
    captured(ledger, 2)
    ledger.state("ended")
    ledger.state("live")
    ledger.close()
    assert (ledger.snapshot().state, told) == ("live", ["live"])


def test_an_end_keeps_the_reason_why_nothing_came() -> None:
    """A camera that waited until its end keeps the reason; one that was well has the reason of its end."""
    waited, well = Ledger(), Ledger()
    waited.state("waiting", "it refuses the connection")
    well.state("live")
    for ledger in (waited, well):
        ledger.state("ended", "disposed")
    assert (waited.snapshot().reason, well.snapshot().reason) == ("it refuses the connection", "disposed")


def test_a_camera_in_trouble_without_a_listener_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Without a listener the first of each reason to be stalled or waiting is a warning, not each try."""
    ledger = Ledger("yard")
    for _ in range(3):
        ledger.state("waiting", "rtsp://yard/1 refuses the connection")
        ledger.state("live")
        ledger.state("stalled", "no picture for 5 s")
    ledger.state("ended", "disposed")
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "yard is waiting: rtsp://yard/1 refuses the connection",
        "yard is stalled: no picture for 5 s",
    ]


def test_a_camera_whose_listener_is_told_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """With a listener for its states, they are not logged as warnings as well."""
    Ledger("yard", lambda _name, _state, _reason: None).state("waiting", "refused")
    assert caplog.records == []


def test_the_reasons_it_remembers_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A camera whose every reason is another is no leak: old ones are forgotten, and would be told again."""
    ledger = Ledger("yard")
    for at in range(1000):
        ledger.state("waiting", f"reason {at}")
    ledger.state("waiting", "reason 0")
    ledger.state("waiting", "reason 999")
    assert len(caplog.records) == 1001


def test_a_state_listener_may_ask_the_ledger() -> None:
    """No lock is held over the listener: it may take a snapshot."""
    seen: list[str] = []

    def look(_name: str, _state: str, _reason: str) -> None:
        seen.append(ledger.snapshot().state)

    ledger = Ledger("yard", look)
    asking = threading.Thread(target=ledger.state, args=("live",), daemon=True)
    asking.start()
    asking.join(30.0)
    assert seen == ["live"]


def test_a_snapshot_stays_as_it_is() -> None:
    """A Tally is frozen, and what happens later does not change it."""
    ledger = Ledger()
    window = captured(ledger, 2)
    ledger.drop(window.frames[0], "late")
    before = ledger.snapshot()
    ledger.drop(window.frames[1], "late")
    assert before.dropped == {"late": 1}
    with pytest.raises(dataclasses.FrozenInstanceError):
        before.captured = 5  # pyright: ignore[reportAttributeAccessIssue] - what is tested


def test_it_shows_its_counts() -> None:
    """The repr of a ledger is that of its counts."""
    ledger = Ledger("yard")
    assert repr(ledger) == repr(ledger.snapshot())


def test_many_threads_may_tell_it() -> None:
    """Counts told by many threads at once are all there."""
    ledger = Ledger()
    frame = frames_at([0.0])[0]
    clips = [clip_of(window_of(frames_at([0.0, 1.0]))) for _ in range(400)]
    for _ in range(800):
        ledger.capture(frame)

    def tell(mine: list[Clip]) -> None:
        for at, clip in enumerate(mine):
            ledger.begin(clip)
            if at % 2:
                ledger.settle(analysis_of(clip))
            else:
                ledger.drop(clip, "late")

    threads = [threading.Thread(target=tell, args=(clips[at::4],), daemon=True) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
    tally = ledger.snapshot()
    assert (tally.analysed, tally.dropped, tally.waiting, tally.windows) == (400, {"late": 400}, 0, 200)


class AnyOrder(RuleBasedStateMachine):
    """Whatever is told in whatever order: no count is below 0, and they add up."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger("any")
        self.frames: list[Frame] = []
        self.windows: list[Window] = []
        self.clips: list[Clip] = []

    @rule(count=st.integers(1, 5), fresh=st.integers(0, 5))
    def capture(self, count: int, fresh: int) -> None:
        frames = frames_at([float(len(self.frames) + at) for at in range(count)])
        for frame in frames:
            self.ledger.capture(frame)
        self.frames.extend(frames)
        self.windows.append(window_of(frames, min(fresh, count)))

    @precondition(lambda self: self.windows)
    @rule(data=st.data())
    def encode(self, data: st.DataObject) -> None:
        self.clips.append(clip_of(data.draw(st.sampled_from(self.windows))))

    @precondition(lambda self: self.clips)
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.ledger.begin(data.draw(st.sampled_from(self.clips)))

    @precondition(lambda self: self.clips)
    @rule(data=st.data(), failed=st.booleans())
    def settle(self, data: st.DataObject, *, failed: bool) -> None:
        clip = data.draw(st.sampled_from(self.clips))
        self.ledger.settle(analysis_of(clip, ModelError("no") if failed else None))

    @precondition(lambda self: self.frames)
    @rule(data=st.data(), reason=REASONS)
    def drop(self, data: st.DataObject, reason: LossReason) -> None:
        self.ledger.drop(data.draw(st.sampled_from([*self.frames, *self.windows, *self.clips])), reason)

    @rule(reason=st.sampled_from([None, "disposed", "error"]))
    def close(self, reason: LossReason | None) -> None:
        self.ledger.close(reason)
        tally = self.ledger.snapshot()
        assert (tally.waiting, tally.in_flight) == (0, 0)

    @rule()
    def open(self) -> None:
        self.ledger.open()

    @invariant()
    def it_adds_up(self) -> None:
        tally = self.ledger.snapshot()
        assert min(parts(tally)) >= 0
        assert tally.captured == sum(parts(tally))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=30)


def test_clips_of_one_window_are_settled_once() -> None:
    """However many clips are made of a window, its frames are counted once."""
    ledger = Ledger()
    clip = clip_of(captured(ledger, 2))
    captured(ledger, 2)
    ledger.drop(clip, "stale")
    ledger.drop(replace(clip), "stale")
    assert ledger.snapshot().dropped == {"stale": 2}
    assert ledger.snapshot().waiting == 2
