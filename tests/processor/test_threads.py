"""AsyncVideoProcessor on real threads: what blocks, what never blocks, and how everything ends."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG
from film import card
from processing import adds_up

from rxvlm import Clip, vlm_from
from rxvlm.processor import AsyncVideoProcessor
from rxvlm.processor.priority import LOWER
from rxvlm.processor.results import ResultData

pytestmark = pytest.mark.usefixtures("no_threads_left")


class Gate:
    """A model that waits until it is released, then answers with the number of the call."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.asked = 0
        self.was_asked = threading.Event()

    def __call__(self, _clip: Clip, _prompt: str) -> str:
        self.asked += 1
        self.was_asked.set()
        assert self.open.wait(WATCHDOG)
        return str(self.asked)


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Provide a model that waits, and release it at the end of the test."""
    gate = Gate()
    yield gate
    gate.open.set()
    wait_for(idle)


def processor_of(function: Callable[[Clip, str], str], **how: Any) -> AsyncVideoProcessor:
    given: dict[str, Any] = {"prompt": "What?", "window_seconds": 1.0, "in_memory": True, **how}
    return AsyncVideoProcessor(vlm_from(function, name="test"), **given)


def say(clip: Clip, _prompt: str) -> str:
    return f"{clip.start:g}"


def wait_for(fact: Callable[[], object]) -> None:
    """Wait for a condition, under the watchdog."""
    pause, tries = threading.Event(), 0
    while not fact():
        tries += 1
        assert tries < WATCHDOG * 100, "it never was so"
        pause.wait(0.01)


def idle() -> bool:
    """Return whether the model's own threads are idle."""
    return not any(thread.name == "rxvlm-test" for thread in threading.enumerate())


def fill(processor: AsyncVideoProcessor, times: Sequence[float]) -> None:
    """Push frames, and wait for room for each."""
    for time in times:
        wait_for(lambda time=time: processor.add_frame(card(0, 32, 24), time))


def test_frames_in_and_results_out() -> None:
    """In a ``with`` block everything that was pushed is asked about; results can be taken afterwards."""
    with processor_of(say) as processor:
        fill(processor, [at / 4 for at in range(20)])
        first = processor.get_result()
    results = [first, *processor]
    assert [result and result["result"] for result in results] == ["0", "1", "2", "3", "4"]
    assert processor.get_statistics().ledger.analysed == 20
    assert processor.dump_state()["threads"] == {}


def test_results_are_iterated_while_frames_are_pushed() -> None:
    """A user's thread iterates over results until the processor is stopped."""
    processor, taken = processor_of(say), list[Any]()
    processor.start()
    taker = threading.Thread(target=lambda: taken.extend(processor))
    taker.start()
    fill(processor, [at / 2 for at in range(9)])
    assert processor.stop(WATCHDOG)
    taker.join(WATCHDOG)
    assert [result["result"] for result in taken] == ["0", "1", "2", "3", "4"]


def test_it_starts_and_stops_again_and_again() -> None:
    """Every run starts at second 0, and no thread of the previous run is left."""
    processor = processor_of(say)
    for run in range(3):
        processor.start()
        fill(processor, [10.0 * run, 10.0 * run + 1.0])
        assert processor.stop(WATCHDOG)
        assert [result["result"] for result in processor] == ["0", "1"]
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("rxvlm-camera")]


def test_videos_wait_and_hold_up_the_writer(gate: Gate) -> None:
    """One video is in flight, ten wait and one is with the writer; then frames are lost, and the ledger adds up."""
    processor, times, refused = processor_of(gate), iter(range(100_000)), 0

    def full() -> bool:
        nonlocal refused
        refused = 0 if processor.add_frame(card(0, 32, 24), float(next(times))) else refused + 1
        return refused >= 20 and processor.get_statistics().videos_created == 12

    processor.start()
    wait_for(full)
    assert gate.asked == 1
    assert processor.dump_state()["queues"] == {"frames": 100, "videos": 11, "results": 0}
    # In windows: 12 in videos, 1 that waits, 1 held up on its way there; and the one that closed it.
    assert processor.get_statistics().frames_received - processor.get_statistics().frames_dropped == 115
    assert adds_up(processor)
    gate.open.set()
    assert processor.stop(WATCHDOG)
    statistics = processor.get_statistics()
    assert statistics.ledger.dropped.keys() == {"overflow"}
    assert statistics.frames_processed == 115
    assert statistics.results_dropped == statistics.inferences_completed - 20


def test_adding_never_waits(gate: Gate) -> None:
    """With everything full, and a strategy that hangs, a frame is refused at once."""
    going, hanging = threading.Event(), threading.Event()

    def hang(frames: Sequence[Any], _count: int) -> Sequence[Any]:
        hanging.set()
        assert going.wait(WATCHDOG)
        return frames[:1]

    processor = processor_of(gate)
    processor.set_sampling_strategy(hang)
    processor.start()
    fill(processor, [0.0, 1.0])
    assert hanging.wait(WATCHDOG)
    taken = [processor.add_frame(card(0, 32, 24), 2.0 + at / 1000) for at in range(150)]
    assert taken == [True] * 100 + [False] * 50
    going.set()
    gate.open.set()
    assert processor.stop(WATCHDOG)
    assert adds_up(processor)


def test_writing_does_not_hold_up_the_taking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is written, frames go on to fill further windows."""
    writing, going = threading.Event(), threading.Event()
    save = Clip.save

    def slow(clip: Clip, path: str | Path) -> list[Path]:
        writing.set()
        assert going.wait(WATCHDOG)
        return save(clip, path)

    monkeypatch.setattr(Clip, "save", slow)
    processor = processor_of(say, in_memory=False, temp_dir=tmp_path)
    processor.start()
    fill(processor, [0.0, 1.0])
    assert writing.wait(WATCHDOG)
    for time in (1.5, 2.0, 2.5):
        assert processor.add_frame(card(0, 32, 24), time)
    wait_for(lambda: processor.dump_state()["queues"]["frames"] == 0)
    assert processor.dump_state()["buffer"] == 2
    going.set()
    assert processor.stop(WATCHDOG)
    assert list(tmp_path.iterdir()) == []


def test_a_stop_keeps_its_time(gate: Gate, tmp_path: Path) -> None:
    """A model that hangs does not delay a stop: what waits is lost and counted, threads and files are gone."""
    processor = processor_of(gate, in_memory=False, temp_dir=tmp_path)
    processor.start()
    fill(processor, [float(at) for at in range(8)])
    assert gate.was_asked.wait(WATCHDOG)
    assert not processor.stop(0.3)
    tally = processor.get_statistics().ledger
    assert tally.dropped == {"disposed": 8}
    assert (tally.waiting, tally.in_flight, tally.unaccounted) == (0, 0, 0)
    assert list(tmp_path.iterdir()) == []
    assert processor.get_result() is None


def test_a_stop_ends_a_writer_that_is_held_up(gate: Gate) -> None:
    """With every queue full and blocked, all threads end."""
    processor = processor_of(gate)
    processor.start()
    time = iter(range(100_000))
    wait_for(lambda: not processor.add_frame(card(0, 32, 24), float(next(time))))
    assert not processor.stop(0.3)
    assert processor.dump_state()["threads"] == {}
    assert adds_up(processor)
    assert processor.get_statistics().ledger.waiting == 0


def test_what_hangs_is_left_to_itself_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """A strategy that hangs cannot be cancelled: the stop returns, and logs which thread is left."""
    going, hanging = threading.Event(), threading.Event()

    def hang(frames: Sequence[Any], _count: int) -> Sequence[Any]:
        hanging.set()
        assert going.wait(WATCHDOG)
        return frames[:1]

    processor = processor_of(say)
    processor.set_sampling_strategy(hang)
    processor.start()
    fill(processor, [0.0, 1.0])
    assert hanging.wait(WATCHDOG)
    assert not processor.stop(0.2)
    assert "threads for frames have not ended within 0.2 s" in caplog.text
    going.set()


def test_a_result_processor_may_stop_it() -> None:
    """A stop from inside the delivery of a result works."""
    processor, stopped = processor_of(say), threading.Event()

    def enough(result: ResultData) -> ResultData:
        processor.stop(0.2)
        stopped.set()
        return result

    processor.set_result_processor(enough)
    processor.start()
    fill(processor, [0.0, 1.0])
    assert stopped.wait(WATCHDOG)
    assert not processor.add_frame(card(0, 32, 24), 2.0)
    wait_for(idle)


def test_a_second_stop_does_not_wait_longer_than_it_says(gate: Gate) -> None:
    """A second stop returns within its own time, while the first still waits for answers."""
    processor = processor_of(gate)
    processor.start()
    fill(processor, [0.0, 1.0])
    first = threading.Thread(target=processor.stop, args=(WATCHDOG,))
    first.start()
    wait_for(lambda: processor.dump_state()["stopping"])
    assert not processor.stop(0.01)
    gate.open.set()
    first.join(WATCHDOG)
    assert processor.stop()


def test_the_state_can_be_dumped_at_any_time(gate: Gate) -> None:
    """The state can be read by any thread while it stops, even in a log handler."""
    processor, states = processor_of(gate), list[dict[str, Any]]()

    class Dumping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            _ = record
            states.append(processor.dump_state())

    handler, log = Dumping(), logging.getLogger("rxvlm")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        processor.start()
        fill(processor, [5.0, 5.5, 6.0, 0.0, 1.0])
        stopper = threading.Thread(target=processor.stop, args=(WATCHDOG,))
        stopper.start()
        wait_for(lambda: processor.dump_state()["stopping"])
        assert sum(processor.dump_state()["threads"].values()) >= 2
        gate.open.set()
        stopper.join(WATCHDOG)
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    assert len(states) > 10
    assert {"running", "stopping", "queues", "bounds", "buffer", "threads", "statistics"} == states[0].keys()


def test_many_threads_push() -> None:
    """Every frame of every thread is counted once, and is in the ledger's sum."""
    processor = processor_of(say, window_seconds=0.05)
    processor.start()
    threads = [
        threading.Thread(target=lambda: [processor.add_frame(card(0, 32, 24)) for _ in range(100)]) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
    assert processor.stop(WATCHDOG)
    statistics = processor.get_statistics()
    assert statistics.frames_received == 600
    assert statistics.frames_processed + statistics.frames_dropped == 600


@pytest.mark.skipif(sys.platform != "linux", reason="only there has a thread a niceness of its own")
def test_only_its_own_threads_have_another_priority(gate: Gate) -> None:
    """Only the writer runs at lower priority; strategies, models and subscribers run at the usual one."""
    heard: dict[str, int] = {}

    def own(role: str) -> int:
        heard[role] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        return heard[role]

    def first(frames: Sequence[Any], _count: int) -> Sequence[Any]:
        own("strategy")
        return frames[:1]

    def model(clip: Clip, prompt: str) -> str:
        own("model")
        return gate(clip, prompt)

    usual = own("here")
    processor = processor_of(model)
    processor.set_sampling_strategy(first)
    processor.results.subscribe(lambda _: heard.update(results=own("results")))
    processor.start()
    fill(processor, [0.0, 1.0])
    assert gate.was_asked.wait(WATCHDOG)
    pipeline = processor._pipeline
    assert pipeline is not None
    (writer,) = pipeline._workers["writer"]._threads
    assert writer.native_id is not None
    assert os.getpriority(os.PRIO_PROCESS, writer.native_id) == usual + LOWER
    gate.open.set()
    assert processor.stop(WATCHDOG)
    assert own("here") == usual
    assert heard == dict.fromkeys(("here", "strategy", "model", "results"), usual)


CRASH = """
import os, sys
import numpy as np
from rxvlm import vlm_from
from rxvlm.processor import AsyncVideoProcessor

def crash(_clip, _prompt):
    os._exit(3)

processor = AsyncVideoProcessor(vlm_from(crash), prompt="?", temp_dir=sys.argv[1], window_seconds=1.0)
processor.start()
for second in range(2):
    processor.add_frame(np.zeros((24, 32, 3), np.uint8), float(second))
processor.get_result()
"""


def test_what_a_crash_leaves_is_cleaned_up_by_the_next_start(tmp_path: Path) -> None:
    """A program that dies in the middle of a call leaves a file; the next start in the same folder removes it."""
    done = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path)], timeout=WATCHDOG, check=False)
    assert done.returncode == 3
    assert len(list(tmp_path.rglob("*.mp4"))) == 1
    with processor_of(say, in_memory=False, temp_dir=tmp_path):
        assert list(tmp_path.iterdir()) == []


FORGETFUL = """
import sys
import numpy as np
from rxvlm import vlm_from
from rxvlm.processor import AsyncVideoProcessor

processor = AsyncVideoProcessor(vlm_from(lambda clip, _: "yes"), prompt="?", temp_dir=sys.argv[1], window_seconds=1.0)
processor.start()
for second in range(3):
    processor.add_frame(np.zeros((24, 32, 3), np.uint8), float(second))
print(processor.get_result()["result"])
"""


def test_a_program_that_forgets_to_stop_it_ends_and_leaves_nothing(tmp_path: Path) -> None:
    """A program that does not stop it can exit at once, and its files are removed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORGETFUL, str(tmp_path)],
        timeout=WATCHDOG,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "yes\n", "")
    assert list(tmp_path.iterdir()) == []


SHORT_OF_MEMORY = """
import logging, resource
import numpy as np
from rxvlm import vlm_from
from rxvlm.processor import AsyncVideoProcessor
logging.basicConfig()
processor = AsyncVideoProcessor(vlm_from(lambda clip, _: "ok"), prompt="?", in_memory=True)
processor.start()
for second in range(5):
    processor.add_frame(np.zeros((48, 64, 3), np.uint8), float(second))
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 1_000_000,) * 2)
finished = processor.stop(300.0)
tally = processor.get_statistics().ledger
print(finished, tally.state, tally.captured, sum(tally.dropped.values()), tally.waiting)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it reads Linux's /proc")
def test_a_stop_works_when_memory_is_short() -> None:
    """If no thread can be started, what waits is lost and counted, and the stop does not wait for that thread."""
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY], capture_output=True, text=True, timeout=WATCHDOG, check=False
    )
    assert done.stdout.split() == ["False", "failed", "5", "5", "0"], done.stderr
    assert "have not ended" not in done.stderr
    assert "can't start new thread" in done.stderr
