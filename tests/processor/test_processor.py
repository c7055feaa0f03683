"""AsyncVideoProcessor on virtual time: windows, videos, calls and results."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from film import card
from processing import adds_up
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Clip, ModelError
from rxvlm.media import mp4
from rxvlm.processor import AsyncVideoProcessor
from rxvlm.processor.results import ResultData
from rxvlm.testing import Say, ScriptedVlm, scripted
from rxvlm.vlm import Vlm

LONG = 10_000.0


class Played:
    """A processor on a virtual clock that starts at 1000, with frames pushed by a script."""

    def __init__(self, vlm: Vlm | Sequence[Vlm], **how: Any) -> None:
        self.clock = VirtualTimeScheduler(1000.0)
        given: dict[str, Any] = {"prompt": "What?", "in_memory": True, "scheduler": self.clock, **how}
        self.processor = AsyncVideoProcessor(vlm, **given)
        self.heard: list[tuple[float, ResultData]] = []
        self.processor.results.subscribe(self._hear)
        self.taken: list[bool] = []
        self.processor.start()

    def push(self, times: Iterable[float], timestamps: Iterable[float | None] | None = None) -> None:
        """Push a frame at each of these seconds of the clock, and advance it."""
        pairs = list(zip(times, times if timestamps is None else timestamps, strict=True))
        for index, (time, timestamp) in enumerate(pairs):
            self.clock.schedule_absolute(1000.0 + time, self._pushing(index, timestamp))
        self.clock.advance_to(1000.0 + pairs[-1][0])

    def run(self, seconds: float = LONG) -> None:
        """Advance the clock, because nothing happens on a virtual clock otherwise."""
        self.clock.advance_by(seconds)

    def end(self) -> None:
        """Push no more, let everything drain, and stop."""
        pipeline = self.processor._pipeline
        assert pipeline is not None
        pipeline.frame_queue.end()
        self.run()
        assert self.processor.stop(0)

    @property
    def results(self) -> list[ResultData]:
        return [result for _, result in self.heard]

    @property
    def texts(self) -> list[str | None]:
        return [result["result"] for result in self.results]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        return [result["video_info"]["original_frame_range"] for result in self.results]

    def _pushing(self, index: int, timestamp: float | None) -> Any:
        return lambda *_: self.taken.append(self.processor.add_frame(card(index, 64, 48), timestamp))

    def _hear(self, result: ResultData) -> None:
        self.heard.append((self.clock.to_seconds(self.clock.now) - 1000.0, result))


def every(step: float, count: int, start: float = 0.0) -> list[float]:
    return [start + at * step for at in range(count)]


def test_windows_by_time_become_results() -> None:
    """Every ten seconds of frames are a window, and every window has a result."""
    played = Played(scripted("a car", "a cat", "a dog"))
    played.push(every(0.5, 50))
    played.end()
    assert played.texts == ["a car", "a cat", "a dog"]
    assert [time for time, _ in played.heard] == [11.0, 21.0, 25.5]
    assert played.ranges == [(0, 19), (20, 39), (40, 49)]
    assert played.processor.get_statistics().ledger.analysed == 50


@pytest.mark.parametrize("first", [0.0, 1.7e9, -3.5])
def test_timestamps_begin_anywhere(first: float) -> None:
    """Windows count from the first frame, wherever the timestamps count from."""
    played = Played(scripted("yes"))
    played.push(every(1.0, 21), every(1.0, 21, first))
    played.end()
    assert played.ranges == [(0, 9), (10, 19), (20, 20)]


def test_without_timestamps_the_clock_tells_the_time() -> None:
    """A frame without a timestamp gets the clock's."""
    played = Played(scripted("yes"), window_seconds=2.0)
    played.push(every(0.5, 9), [None] * 9)
    played.end()
    assert played.ranges == [(0, 3), (4, 7), (8, 8)]


def test_a_film_played_again_begins_new_windows() -> None:
    """Timestamps that start again close the window; time continues, and nothing is lost."""
    played = Played(scripted("yes"), window_seconds=10.0)
    played.push(every(1.0, 8), [0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0])
    played.end()
    assert played.ranges == [(0, 3), (4, 7)]
    starts = [result["video_info"]["start_relative_timestamp"] for result in played.results]
    assert starts == [0.0, 4.0]
    assert played.taken == [True] * 8


def test_a_late_frame_is_refused_and_counted() -> None:
    """A timestamp that goes back by less than a second loses its frame, and no window."""
    played = Played(scripted("yes"))
    played.push(every(1.0, 4), [0.0, 1.0, 0.5, 2.0])
    played.end()
    assert played.taken == [True, True, False, True]
    assert played.ranges == [(0, 3)]
    assert played.processor.get_statistics().ledger.dropped == {"late": 1}


def test_windows_by_time_overlap() -> None:
    """A part of each window is repeated in the next one; every frame is counted once."""
    played = Played(scripted("yes"), window_seconds=4.0, overlap=0.25)
    played.push(every(1.0, 10))
    played.end()
    assert played.ranges == [(0, 3), (3, 6), (6, 9), (9, 9)]
    assert adds_up(played.processor)
    assert played.processor.get_statistics().frames_processed == 10


def test_windows_by_count_win_over_seconds() -> None:
    """A window has a fixed number of frames, however long they take; the rest is a window at the end."""
    played = Played(scripted("yes"), window_seconds=1.0, frames_per_video=4)
    played.push([0.0, 1.0, 5.0, 5.5, 6.0, 7.0])
    played.end()
    assert played.ranges == [(0, 3), (4, 5)]


def test_windows_by_count_overlap() -> None:
    """With an overlap of a quarter, the last two of eight frames are the next window's first two."""
    played = Played(scripted("yes"), frames_per_video=8, overlap=0.25)
    played.push(every(0.1, 20))
    played.end()
    assert played.ranges == [(0, 7), (6, 13), (12, 19)]
    assert adds_up(played.processor)


def test_frames_are_chosen_by_time() -> None:
    """The frames nearest to even moments from the first to the last are in the video, at their times."""
    model = scripted("yes")
    played = Played(model, target_frames_per_video=3)
    played.push([0.0, 0.1, 3.1, 3.4, 6.1, 9.0, 10.0])
    played.end()
    info = played.results[0]["video_info"]
    assert info["sampling_info"] == {
        "strategy": "nearest_in_time",
        "target_count": 3,
        "original_count": 6,
        "frame_numbers": [0, 2, 4],
        "relative_timestamps": [0.0, 3.1, 6.1],
    }
    assert (info["frame_count"], info["original_frame_range"]) == (3, (0, 5))
    assert (info["start_relative_timestamp"], info["end_relative_timestamp"]) == (0.0, 9.0)
    assert model.asked[0][0].times == (0.0, 3.1, 6.1)


def test_a_model_is_given_a_video_that_plays() -> None:
    """The video is H.264 in MP4, of the chosen frames, scaled to the width."""
    model = scripted("yes")
    played = Played(model, width=32, window_seconds=2.0)
    played.push(every(0.5, 4))
    played.end()
    ((clip, prompt),) = model.asked
    assert (clip.media_type, clip.width, clip.height, clip.source, prompt) == ("video/mp4", 32, 24, "camera", "What?")
    assert isinstance(clip.data, bytes)
    pictures = list(mp4.decode(clip.data))
    assert [picture.time for picture in pictures] == [0.0, 0.5, 1.0, 1.5]
    small = [image.astype(float).mean() for image in clip.images()]
    assert np.allclose(small, [card(index, 64, 48).mean() for index in range(4)], atol=6)


def test_a_prompt_may_depend_on_the_clip() -> None:
    """A prompt function is called for each clip; if it raises, only that call fails."""

    def prompt(clip: Clip) -> str:
        if clip.start > 1.0:
            raise RuntimeError("no words")
        return f"What at {clip.start:g}?"

    model = scripted("yes")
    played = Played(model, prompt=prompt, window_seconds=1.0)
    played.push(every(1.0, 4))
    played.end()
    assert [asked for _, asked in model.asked] == ["What at 0?", "What at 1?"]
    assert [result["error"] is None for result in played.results] == [True, True, False, False]
    assert "no words" in str(played.results[2]["error"])


def test_times_of_a_call_are_told_three_ways() -> None:
    """A result has the call's start, end and duration, as seconds and as text, by the clock."""
    played = Played(scripted(Say("yes", seconds=2.5)), window_seconds=1.0)
    played.push([0.0, 1.0])
    played.run(10.0)
    (result,) = played.results
    assert (result["inference_start_time"], result["inference_end_time"]) == (1001.0, 1003.5)
    assert result["inference_duration"] == 2.5
    assert result["inference_start_timestamp"] == "1970-01-01T00:16:41+00:00"
    assert result["inference_end_timestamp"] == "1970-01-01T00:16:43.500000+00:00"
    assert result["video_info"]["created_at"] == 1001.0
    assert result["video_path"] == result["video_info"]["video_path"] == ""


def test_a_failed_call_is_a_result_and_the_rest_goes_on() -> None:
    """A failed call is a result with an error; the next window is asked about as usual."""
    played = Played(scripted(ModelError("overloaded"), "a cat"), window_seconds=1.0)
    played.push(every(0.5, 4))
    played.end()
    assert [(result["result"], result["error"]) for result in played.results] == [(None, "overloaded"), ("a cat", None)]
    statistics = played.processor.get_statistics()
    assert (statistics.ledger.failed, statistics.ledger.analysed, statistics.inferences_completed) == (2, 2, 2)


def test_a_call_that_takes_too_long_is_hung_up() -> None:
    """A call that takes too long is a result with an error."""
    model = scripted(Say("at last", seconds=99.0), "a cat")
    played = Played(model, window_seconds=1.0, timeout=5.0)
    played.push([0.0, 1.0])
    played.end()
    assert played.texts == [None, "a cat"]
    assert "did not answer within 5 s" in str(played.results[0]["error"])
    assert played.heard[0][0] == 6.0
    assert model.hung_up == 1


def test_calls_are_made_one_at_a_time_or_several() -> None:
    """At most max_concurrent run at once, and results come in the order of their windows."""
    for concurrent, times in [(1, [4.0, 5.0, 6.0]), (3, [4.0, 4.0, 4.0])]:
        model = scripted(Say("slow", seconds=3.0), "quick", "quick")
        played = Played(model, window_seconds=1.0, max_concurrent=concurrent)
        played.push(every(0.5, 7))
        played.run()
        assert played.texts == ["slow", "quick", "quick"]
        assert [time for time, _ in played.heard] == times
        played.end()


def test_results_that_are_not_taken_push_each_other_out() -> None:
    """Twenty results wait; the next one pushes the oldest out, which is counted."""
    played = Played(scripted(*(Say(str(at), seconds=0.1) for at in range(30))), window_seconds=1.0)
    played.push(every(1.0, 26))
    played.run(10.0)
    statistics = played.processor.get_statistics()
    assert (statistics.results_dropped, statistics.queue_sizes["results"]) == (5, 20)
    taken = [played.processor.get_result(0) for _ in range(21)]
    assert [result and result["result"] for result in taken] == [*map(str, range(5, 25)), None]


class Every:
    """A strategy that keeps every n-th frame."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.asked: list[int] = []

    def sample_frames(self, frames: Sequence[Any], target_count: int) -> Sequence[Any]:
        self.asked.append(target_count)
        return frames[:: self.step][:target_count]


def test_a_strategy_may_be_changed_at_any_time() -> None:
    """A strategy chooses frames from the next window on, until another or None is set."""
    played = Played(scripted("yes"), window_seconds=4.0, target_frames_per_video=3)
    mine = Every(2)
    played.push(every(1.0, 5))
    played.processor.set_sampling_strategy(mine)
    played.push(every(1.0, 4, 5.0))
    played.processor.set_sampling_strategy(lambda frames, _: frames[-1:])
    played.push(every(1.0, 4, 9.0))
    played.processor.set_sampling_strategy(None)
    played.push(every(1.0, 4, 13.0))
    played.end()
    chosen = [result["video_info"]["sampling_info"] for result in played.results]
    assert [info["frame_numbers"] for info in chosen] == [[0, 1, 2], [4, 6], [11], [12, 13, 14], [16]]
    assert [info["strategy"] for info in chosen] == [
        "nearest_in_time",
        "Every",
        "<lambda>",
        "nearest_in_time",
        "nearest_in_time",
    ]
    assert mine.asked == [3]


def raising(_frames: Sequence[Any], _count: int) -> Sequence[Any]:
    raise RuntimeError("no idea")


def too_many(frames: Sequence[Any], _count: int) -> Sequence[Any]:
    return frames


def none(frames: Sequence[Any], _count: int) -> Sequence[Any]:
    return frames[:0]


def backwards(frames: Sequence[Any], count: int) -> Sequence[Any]:
    return frames[:count][::-1]


def twice(frames: Sequence[Any], _count: int) -> Sequence[Any]:
    return [frames[0], frames[0]]


def strange(_frames: Sequence[Any], _count: int) -> Any:
    return [{"frame_number": 999}]


@pytest.mark.parametrize("broken", [raising, too_many, none, backwards, twice, strange])
def test_a_broken_strategy_costs_its_window_and_no_more(broken: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A strategy that raises or breaks the rules loses its window, counted and logged; the stream goes on."""
    played = Played(scripted("yes"), window_seconds=4.0, target_frames_per_video=3)
    played.processor.set_sampling_strategy(broken)
    played.push(every(1.0, 5))
    played.processor.set_sampling_strategy(None)
    played.end()
    assert played.ranges == [(4, 4)]
    tally = played.processor.get_statistics().ledger
    assert (tally.dropped, tally.analysed) == ({"strategy": 4}, 1)
    assert broken.__name__ in caplog.text


def test_a_result_processor_may_be_changed_at_any_time() -> None:
    """Every result goes through the result processor, until another or None is set."""
    played = Played(scripted("a", "b", "c"), window_seconds=1.0)
    played.processor.set_result_processor(lambda result: {**result, "result": str(result["result"]).upper()})
    played.push([0.0, 1.0])
    played.run(5.0)
    played.processor.set_result_processor(lambda _: None)
    played.push([8.0])
    played.run(5.0)
    played.processor.set_result_processor(None)
    played.push([14.0])
    played.end()
    assert played.texts == ["A", "c", "c"]
    assert played.processor.get_statistics().results_dropped == 1


def test_several_models_are_asked_in_turn() -> None:
    """Several models are asked in turn, one window each."""
    models = [scripted("yes", name=name) for name in "abc"]
    played = Played(models, window_seconds=1.0)
    played.push(every(1.0, 6))
    played.end()
    assert [len(model.asked) for model in models] == [2, 2, 2]


@pytest.mark.parametrize("fault", [ModelError("overloaded"), Say("at last", seconds=99.0)])
def test_a_model_that_fails_is_passed_over_for_a_while(fault: Any) -> None:
    """A model that fails or takes too long loses one window; then the others are asked for a while."""
    good, bad = scripted("yes", name="good"), scripted(fault, "yes", name="bad")
    played = Played([bad, good], window_seconds=1.0, timeout=2.0)
    played.push(every(1.0, 20))
    assert (len(bad.asked), played.texts[0]) == (1, None)
    assert set(played.texts[1:]) == {"yes"}
    played.push(every(1.0, 30, 20.0))
    assert len(bad.asked) > 1
    played.end()
    assert adds_up(played.processor)


def test_statistics_are_one_frozen_value() -> None:
    """The statistics have counts, averages, queues, memory and the ledger of one moment."""
    played = Played(scripted(Say("yes", seconds=2.0), Say("yes", seconds=1.0)), window_seconds=1.0)
    played.push(every(0.5, 5))
    before = played.processor.get_statistics()
    played.run(20.0)
    after = played.processor.get_statistics()
    assert (before.frames_received, before.videos_created, before.inferences_completed) == (5, 2, 0)
    assert (before.queue_sizes, before.average_inference_time) == ({"frames": 0, "videos": 1, "results": 0}, 0.0)
    assert (before.ledger.in_flight, before.ledger.waiting) == (2, 3)
    assert (after.frames_processed, after.frames_dropped, after.inferences_completed) == (4, 0, 2)
    assert (after.average_inference_time, after.queue_sizes["results"]) == (1.5, 2)
    assert after.memory_usage > 10_000_000
    assert after.cpu_usage >= 0
    with pytest.raises(AttributeError):
        after.frames_received = 0  # pyright: ignore[reportAttributeAccessIssue] - that is the point


def test_the_state_tells_everything_in_plain_values() -> None:
    """The state has queues, bounds, the open window, threads, whether it runs or stops, and the statistics."""
    played = Played(scripted("yes"), window_seconds=10.0)
    played.push(every(1.0, 4))
    state = played.processor.dump_state()
    assert (state["running"], state["stopping"], state["buffer"]) == (True, False, 4)
    assert state["queues"] == {"frames": 0, "videos": 0, "results": 0}
    assert state["bounds"] == {"frames": 100, "videos": 10, "results": 20}
    assert state["threads"] == {}
    assert state["statistics"]["ledger"]["waiting"] == 4
    played.end()
    state = played.processor.dump_state()
    assert (state["running"], state["buffer"], state["queues"]["results"]) == (False, 0, 1)


def test_the_buffer_counts_the_frames_of_no_window_yet() -> None:
    """The buffer counts frames that were in no window yet, also where windows overlap."""
    played = Played(scripted("yes"), window_seconds=4.0, overlap=0.5)
    buffered: list[int] = []
    for at in range(9):
        played.push([at + 1.0])
        buffered.append(played.processor.dump_state()["buffer"])
    assert buffered == [1, 2, 3, 4, 1, 2, 1, 2, 1]
    played.end()


def test_every_step_is_a_line_with_fields(caplog: pytest.LogCaptureFixture) -> None:
    """Window, sampling, clip, call and answer are logged once each, with sizes and durations as fields."""
    caplog.set_level(logging.INFO, "rxvlm")
    played = Played(scripted(Say("a cat", seconds=2.0)), window_seconds=1.0, target_frames_per_video=2, name="yard")
    played.push(every(0.25, 5))
    played.run(10.0)
    records = [record.__dict__ for record in caplog.records if hasattr(record, "event")]
    assert [record["event"] for record in records] == ["window", "sampling", "clip", "call", "answer"]
    assert {record["camera"] for record in records} == {"yard"}
    window, sampling, clip, call, answer = records
    assert (window["frames"], window["start"], window["end"]) == (4, 0.0, 0.75)
    assert (sampling["frames"], sampling["strategy"]) == (2, "nearest_in_time")
    assert clip["bytes"] == call["bytes"] > 100
    assert (call["model"], answer["model"], answer["seconds"], answer["letters"]) == ("scripted", "scripted", 2.0, 5)
    assert all(record["seconds"] >= 0 for record in (sampling, clip))
    assert "yard: answer model=scripted seconds=2.000 letters=5 error=None" in caplog.text
    played.end()


def test_it_follows_the_memory() -> None:
    """With ``follow_memory`` the bounds shrink and grow as frames come."""
    percents = [95.0, 95.0, 30.0]
    played = Played(scripted("yes"), follow_memory=lambda: percents.pop(0))
    played.push([1.0, 2.0])
    assert played.processor.dump_state()["bounds"]["frames"] == 50
    played.push([20.0, 30.0])
    assert played.processor.dump_state()["bounds"] == {"frames": 200, "videos": 20, "results": 20}
    played.end()


def test_bounds_are_set_by_hand() -> None:
    """With numbers the bounds are these; without, they follow from the memory in use."""
    processor = AsyncVideoProcessor(scripted("yes"), prompt="?", follow_memory=lambda: 90.0)
    assert processor.adjust_queue_sizes(frames=70).frames == 70
    assert processor.adjust_queue_sizes(videos=3).videos == 3
    bounds = processor.adjust_queue_sizes()
    assert (bounds.frames, bounds.videos) == (50, 3)
    with pytest.raises(ValueError, match="at least 1"):
        processor.adjust_queue_sizes(frames=0)


def test_before_the_start_and_after_the_end_nothing_is_taken() -> None:
    """While it does not run, a frame is refused and not counted, and `get_result` does not wait."""
    processor = AsyncVideoProcessor(scripted("yes"), prompt="?", in_memory=True)
    assert not processor.add_frame(card(0, 8, 8))
    assert processor.get_result() is None
    assert list(processor) == []
    assert processor.stop()
    assert processor.get_statistics().frames_received == 0


def test_what_is_no_frame_is_an_error_at_any_time() -> None:
    """A wrong frame is an error for the caller, whether the processor runs or not."""
    processor = AsyncVideoProcessor(scripted("yes"), prompt="?", in_memory=True)
    with pytest.raises(ValueError, match=r"BGR uint8 array of shape \(height, width, 3\), not float64"):
        processor.add_frame(np.zeros((4, 4, 3)))  # pyright: ignore[reportArgumentType] - that is the point
    with pytest.raises(ValueError, match="did the read fail"):
        processor.add_frame(None)  # pyright: ignore[reportArgumentType] - that is the point


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_seconds": 0.0},
        {"frames_per_video": 0},
        {"overlap": 1.0},
        {"overlap": -0.1},
        {"target_frames_per_video": 0},
        {"max_concurrent": 0},
        {"timeout": 0.0},
        {"width": 1},
        {"model": []},
    ],
)
def test_what_is_wrong_is_said_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range, or no model, is an error when the processor is created."""
    given: dict[str, Any] = {"model": scripted("yes"), "prompt": "?", **wrong}
    with pytest.raises(ValueError, match=r"at least|above"):
        AsyncVideoProcessor(**given)


def test_it_runs_again_after_a_stop() -> None:
    """A second run starts at number and second 0; counts go on, and earlier subscribers get its results."""
    played = Played(scripted("a", "b"), window_seconds=10.0)
    played.push(every(1.0, 3))
    played.end()
    played.processor.results.subscribe(played._hear)
    played.processor.start()
    played.processor.start()
    played.clock.schedule_relative(1.0, played._pushing(0, 5.0))
    played.clock.schedule_relative(2.0, played._pushing(1, 6.0))
    played.run(5.0)
    played.end()
    assert played.texts == ["a", "b"]
    assert played.ranges == [(0, 2), (0, 1)]
    assert [result["video_info"]["start_relative_timestamp"] for result in played.results] == [0.0, 0.0]
    assert played.processor.get_statistics().ledger.analysed == 5


def test_a_stop_without_time_loses_what_waits_and_counts_it() -> None:
    """A stop without time cancels calls and loses open windows; the ledger adds up, and results can still be taken."""
    model = scripted("a", Say("at last", seconds=99.0))
    played = Played(model, window_seconds=2.0, timeout=500.0)
    played.push(every(0.5, 14))
    assert not played.processor.stop(0)
    tally = played.processor.get_statistics().ledger
    assert (tally.analysed, tally.dropped) == (4, {"disposed": 10})
    assert adds_up(played.processor)
    assert model.hung_up == 1
    assert [result["result"] for result in played.processor] == ["a"]


def test_files_are_there_until_their_results_are_taken(tmp_path: Path) -> None:
    """A video's file exists while its result waits or is delivered, and is removed then."""
    played = Played(scripted("yes"), in_memory=False, temp_dir=tmp_path, window_seconds=1.0)
    seen: list[bool] = []
    played.processor.results.subscribe(lambda result: seen.append(Path(result["video_path"]).exists()))
    played.push(every(1.0, 4))
    played.run(5.0)
    assert seen == [True] * 3
    assert len(list(tmp_path.rglob("*.mp4"))) == 3
    result = played.processor.get_result(0)
    assert result is not None
    assert result["video_path"] == result["video_info"]["video_path"]
    assert result["video_path"].endswith(".mp4")
    assert not Path(result["video_path"]).exists()
    assert len(list(tmp_path.rglob("*.mp4"))) == 2
    played.end()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_what_the_model_was_given(tmp_path: Path) -> None:
    """Videos in memory and in files are the same, byte for byte."""
    model = scripted("yes")
    played = Played(model, in_memory=False, temp_dir=tmp_path, window_seconds=1.0)
    played.push([0.0, 0.5, 1.0])
    played.run(5.0)
    assert Path(played.results[0]["video_path"]).read_bytes() == model.asked[0][0].data
    played.end()


def test_results_that_are_lost_take_their_files_along(tmp_path: Path) -> None:
    """Results that are not taken do not fill the disk: there are as many files as results wait."""
    played = Played(scripted(Say("yes", seconds=0.1)), in_memory=False, temp_dir=tmp_path, window_seconds=1.0)
    played.push(every(1.0, 40))
    played.run(5.0)
    assert len(list(tmp_path.rglob("*.mp4"))) == 20
    played.end()


def test_videos_may_be_kept(tmp_path: Path) -> None:
    """Kept videos stay in the folder, where their results say."""
    played = Played(scripted("yes"), in_memory=False, temp_dir=tmp_path, keep_videos=True, window_seconds=1.0)
    played.push(every(1.0, 3))
    played.end()
    paths = [Path(result["video_path"]) for result in played.processor]
    assert sorted(paths) == sorted(tmp_path.iterdir())
    assert len(paths) == 3


def test_without_a_place_to_write_models_are_asked_all_the_same(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the folder cannot be written to, that is counted and logged, and answers come without a file."""
    monkeypatch.setattr("rxvlm.processor.spool.Backoff.wait", lambda _self: 0.0)
    played = Played(scripted("yes"), in_memory=False, temp_dir="/dev/null/videos", window_seconds=1.0)
    played.push(every(1.0, 3))
    played.end()
    assert played.texts == ["yes"] * 3
    assert {result["video_path"] for result in played.results} == {""}
    assert played.processor.get_statistics().videos_unwritten == 3
    assert "is asked about without a file: [Errno 20] Not a directory: '/dev/null/videos'" in caplog.text


def test_frames_of_another_size_are_taken_along() -> None:
    """If the frames' size changes in a window, the video has the size of the first frame."""
    model = scripted("yes")
    played = Played(model, window_seconds=10.0)
    played.processor.add_frame(card(0, 64, 48), 0.0)
    played.processor.add_frame(card(1, 33, 21), 1.0)
    played.end()
    clip = model.asked[0][0]
    assert ((clip.width, clip.height), len(clip.times)) == ((64, 48), 2)


def test_a_window_that_cannot_be_encoded_is_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any exception of the encoder loses its window, and nothing else."""

    def broken(*_: object) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError("no encoder today")

    played = Played(scripted("yes"), window_seconds=1.0)
    monkeypatch.setattr("rxvlm.processor.video_writer.encode_within", broken)
    played.push(every(1.0, 3))
    played.run()
    assert list(played.processor._writer._infos) == []
    played.end()
    assert played.ranges == [(1, 1), (2, 2)]
    assert played.processor.get_statistics().ledger.dropped == {"unencodable": 1}


def test_a_line_that_breaks_says_so_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error ends the run: `get_result` does not wait, frames are refused, the ledger adds up."""
    played = Played(scripted("yes"), window_seconds=1.0)
    pipeline = played.processor._pipeline
    assert pipeline is not None
    played.push([0.0, 0.5])
    pipeline._fail(RuntimeError("cosmic rays"))
    assert not played.processor.add_frame(card(0, 8, 8), 1.0)
    assert played.processor.get_result() is None
    assert played.processor.get_statistics().ledger.state == "failed"
    assert played.processor.get_statistics().ledger.dropped == {"error": 2}
    assert not played.processor.stop()
    assert "cosmic rays" in caplog.text


def test_an_hour_with_a_moody_model_adds_up() -> None:
    """With slow, late and failed answers, the ledger accounts for every frame."""
    says = [Say("yes", seconds=9.0), Say(error=ModelError("overloaded"), seconds=1.0), Say("yes", seconds=19.0)]
    model = ScriptedVlm(lambda number, _clip, _prompt: says[number % 3], "moody")
    played = Played(model, window_seconds=10.0, target_frames_per_video=2)
    played.push(every(5.0, 720))
    played.end()
    statistics = played.processor.get_statistics()
    assert statistics.inferences_completed == len(model.asked) == 360
    assert (statistics.ledger.analysed, statistics.ledger.failed) == (480, 240)
    assert statistics.frames_received == statistics.frames_processed == 720
