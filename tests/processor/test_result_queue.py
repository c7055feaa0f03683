"""How answers become results, and how results wait."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import WATCHDOG

from rxvlm import Analysis, Clip, ModelError
from rxvlm.errors import RxvlmError
from rxvlm.processor.result_queue import ResultQueue, result_function, result_of
from rxvlm.processor.results import ResultData, VideoInfo

CLIP = Clip(b"a film", "video/mp4", (0.0,), 64, 48, 0.0, 1.0, source="yard")


def info_of(path: str = "/spool/a.mp4") -> VideoInfo:
    return {
        "video_path": path,
        "frame_count": 1,
        "created_at": 99.0,
        "start_relative_timestamp": 0.0,
        "end_relative_timestamp": 0.0,
        "original_frame_range": (0, 0),
        "sampling_info": {
            "strategy": "first",
            "target_count": 1,
            "original_count": 1,
            "frame_numbers": [0],
            "relative_timestamps": [0.0],
        },
    }


def answer(text: str = "a cat", error: RxvlmError | None = None) -> Analysis:
    return Analysis(CLIP, "?", "test", 100.0, 102.5, text=text, error=error)


class Box(ResultQueue):
    """A queue of three results, and the files that it removed."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        super().__init__(3, self.removed.append)
        self.open()

    def say(self, *texts: str) -> None:
        for text in texts:
            self.answer(answer(text), info_of(text))

    def texts(self) -> list[str | None]:
        return [result["result"] for result in iter(lambda: self.take(0), None)]


def test_a_result_has_exactly_its_keys() -> None:
    """A result has the text, the video, times as numbers and as text, and no error."""
    result = result_of(answer(), info_of())
    assert result == {
        "result": "a cat",
        "video_path": "/spool/a.mp4",
        "video_info": info_of(),
        "inference_start_time": 100.0,
        "inference_end_time": 102.5,
        "inference_duration": 2.5,
        "inference_start_timestamp": "1970-01-01T00:01:40+00:00",
        "inference_end_timestamp": "1970-01-01T00:01:42.500000+00:00",
        "error": None,
    }
    assert result.keys() == ResultData.__annotations__.keys()
    assert result["video_info"].keys() == VideoInfo.__annotations__.keys()


def test_a_failed_call_has_an_error_and_no_result() -> None:
    """Text that came before an answer failed is not in the result."""
    result = result_of(answer("a ca", ModelError("overloaded")), info_of())
    assert (result["result"], result["error"]) == (None, "overloaded")
    assert result_of(answer("", ModelError("")), info_of())["error"] == "ModelError"


def test_results_are_taken_in_their_order() -> None:
    """Results are taken in their order; a file is removed when its result is taken, and not before."""
    box = Box()
    box.say("a", "b")
    assert (len(box), box.removed) == (2, [])
    assert box.texts() == ["a", "b"]
    assert box.removed == ["a", "b"]


def test_beyond_the_capacity_the_oldest_is_lost_and_counted() -> None:
    """Beyond the capacity the oldest results are lost, and their files removed."""
    box = Box()
    box.say("a", "b", "c", "d", "e")
    assert (box.dropped, box.completed, box.removed) == (2, 5, ["a", "b"])
    assert box.texts() == ["c", "d", "e"]


def test_nothing_comes_in_time() -> None:
    """`take` returns None if there is no result in time."""
    assert Box().take(0) is None
    assert Box().take(0.001) is None


def test_a_closed_box_gives_what_it_has_and_no_more() -> None:
    """Results can be taken after the end; when none is left, `take` does not wait."""
    box = Box()
    box.say("a")
    box.close()
    assert box.texts() == ["a"]
    assert box.take(None) is None


@pytest.mark.parametrize("end", [True, False])
def test_take_returns_at_a_result_and_at_the_end(*, end: bool) -> None:
    """`take` without a time-out ends with a result, or when the queue is closed."""
    box, heard = Box(), list[Any]()
    taker = threading.Thread(target=lambda: heard.append(box.take(None)))
    taker.start()
    if end:
        box.close()
    else:
        box.say("a")
    taker.join(WATCHDOG)
    assert [result and result["result"] for result in heard] == [None if end else "a"]


def test_a_stream_has_every_result_and_the_end() -> None:
    """Subscribers get every result while its file exists, also those that are lost later."""
    box, heard = Box(), list[Any]()
    box.stream.subscribe(
        lambda result: heard.append((result["result"], list(box.removed))), None, lambda: heard.append("END")
    )
    box.say("a", "b", "c", "d", "e")
    box.close()
    assert heard == [("a", []), ("b", []), ("c", []), ("d", []), ("e", ["a"]), "END"]


def test_a_subscriber_that_leaves_hears_no_more() -> None:
    """A disposal ends one subscription, and not the others."""
    box, heard, others = Box(), list[Any](), list[Any]()
    left = box.stream.subscribe(heard.append)
    box.stream.subscribe(others.append)
    box.say("a")
    left.dispose()
    box.say("b")
    assert (len(heard), len(others)) == (1, 2)


def test_a_subscriber_that_raises_harms_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    """A subscriber that raises is logged and gets no more; the others, and `take`, get everything."""
    box, heard, raised = Box(), list[Any](), list[Any]()

    def fail(result: ResultData) -> None:
        raised.append(result)
        raise RuntimeError("no paper")

    box.stream.subscribe(fail)
    box.stream.subscribe(heard.append)
    box.say("a", "b")
    assert (len(raised), len(heard), box.texts()) == (1, 2, ["a", "b"])
    assert "no paper" in caplog.text


def test_a_subscriber_that_raises_at_the_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A subscriber that raises at the end does not keep the others from their completion."""
    box, ended = Box(), list[str]()

    def fail() -> None:
        raise RuntimeError("no paper")

    box.stream.subscribe(on_completed=fail)
    box.stream.subscribe(on_completed=lambda: ended.append("END"))
    box.close()
    assert ended == ["END"]
    assert "no paper" in caplog.text


class Shouting:
    """A result processor that changes results."""

    def process_result(self, result: ResultData) -> ResultData:
        result["result"] = (result["result"] or "").upper()
        return result


def test_a_processor_changes_results() -> None:
    """An object with process_result, or a function, changes each result before it is delivered."""
    box, heard = Box(), list[Any]()
    box.stream.subscribe(lambda result: heard.append(result["result"]))
    box.process = result_function(Shouting())
    box.say("a")
    box.process = result_function(lambda result: {**result, "result": "z"})
    box.say("b")
    assert heard == box.texts() == ["A", "z"]


def test_a_processor_drops_results() -> None:
    """None drops a result: it is not delivered, it is counted, and its file is removed."""
    box, heard = Box(), list[Any]()
    box.stream.subscribe(heard.append)
    box.process = result_function(lambda result: None if result["result"] == "a" else result)
    box.say("a", "b")
    assert (len(heard), box.dropped, box.removed) == (1, 1, ["a"])
    assert box.texts() == ["b"]


def test_a_processor_that_raises_marks_the_result() -> None:
    """If a result processor raises, the answer stays, and the error names the exception, without passwords."""

    def fail(result: ResultData) -> ResultData:
        result["result"] = "spoilt"
        raise RuntimeError("rtsp://root:secret@cam is gone")

    box = Box()
    box.process = fail
    box.say("a")
    box.answer(answer("", ModelError("overloaded")), info_of())
    first, second = box.take(0), box.take(0)
    assert first is not None
    assert second is not None
    assert first["result"] == "a"
    assert first["error"] is not None
    assert "the result processor raised RuntimeError" in first["error"]
    assert "secret" not in first["error"]
    assert (second["error"] or "").startswith("overloaded; the result processor raised")


def test_a_processor_that_gives_something_else_marks_the_result() -> None:
    """A result processor that returns anything but a dict or None is an error of the result."""
    box = Box()
    box.process = lambda _: "yes"  # pyright: ignore[reportAttributeAccessIssue] - that is the point
    box.say("a")
    result = box.take(0)
    assert result is not None
    assert (result["result"], result["error"]) == ("a", "the result processor returned 'yes', not a result")


def test_a_processor_that_moves_a_file_keeps_it() -> None:
    """Only the video's own file is removed, even if a result processor changes ``video_path``."""
    box = Box()
    box.process = lambda result: {**result, "video_path": "/archive/a.mp4"}
    box.say("/spool/a.mp4")
    box.take(0)
    assert box.removed == ["/spool/a.mp4"]


def test_what_is_no_processor_is_refused() -> None:
    """A result processor that is not callable is an error of the caller."""
    with pytest.raises(TypeError, match="process_result"):
        result_function(42)  # pyright: ignore[reportArgumentType] - that is the point
