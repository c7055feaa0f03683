"""Measure how soon a camera is live again after each fault, what the ledger says, and what is left behind.

``python -m benchmarks.live`` from the root of a checkout with the ``test`` extra installed. It
uses the tests' own RTSP server; each fault is made a few times, and the table gives the seconds
from the end of the fault to the next frame (smallest, median, largest).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

import rxvlm

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from camera_watch import Watched
from film import FILMS, make_film
from rtsp_server import RtspServer

TIMES = 5
SLOW_SECONDS = 5.0


@dataclass(frozen=True)
class Fault:
    """One way for a camera to fail.

    Attributes:
        name: What happens to it.
        begin: Begins the fault.
        seen: The state that the ledger must show.
        end: Ends the fault.
    """

    name: str
    begin: Callable[[RtspServer], None]
    seen: str
    end: Callable[[RtspServer], None]


def faults(larger: Path) -> list[Fault]:
    def kill(server: RtspServer) -> None:
        server.stop()

    def come_back_larger(server: RtspServer) -> None:
        server.switch(larger)
        server.start()

    return [
        Fault("connections dropped", RtspServer.drop, "waiting", lambda _: None),
        Fault("killed, started again", kill, "waiting", RtspServer.start),
        Fault("killed, started again with a larger picture", kill, "waiting", come_back_larger),
        Fault("silent until stalled, then a burst", RtspServer.stall, "stalled", lambda s: s.resume(burst=True)),
        Fault("silent until given up", RtspServer.stall, "waiting", RtspServer.resume),
    ]


def measure(fault: Fault, server: RtspServer, camera: Watched) -> float:
    """Make a fault, and return the seconds from its end to the next frame."""
    fault.begin(server)
    camera.until(lambda one: bool(one.states) and one.states[-1][0] == fault.seen)
    fault.end(server)
    began, frames = time.monotonic(), len(camera.frames)
    camera.until(lambda one: len(one.frames) > frames and one.states[-1][0] == "live")
    return time.monotonic() - began


def overload(film: Path) -> str:
    """Watch for a minute with a model that is ten times too slow; return the ages of its answers."""
    ledger, answers = rxvlm.Ledger("cam"), list[rxvlm.Analysis]()
    model = rxvlm.vlm_from(_slow, name="slow")
    with RtspServer(film) as server:
        watching = rxvlm.watch(server.uri, model, every=SLOW_SECONDS / 10, frames=4, ledger=ledger)
        subscription = watching.subscribe(answers.append)
        time.sleep(60)
        subscription.dispose()
    ages = [round(answer.age or 0.0, 1) for answer in answers]
    tally = ledger.snapshot()
    lost = ", ".join(f"{frames} {reason}" for reason, frames in tally.dropped.items())
    return f"ages of its answers {ages} s; {tally.captured} frames captured, {tally.analysed} analysed, lost: {lost}"


def _slow(_clip: rxvlm.Clip, _prompt: str) -> str:
    time.sleep(SLOW_SECONDS)
    return "seen"


def held() -> str:
    me = psutil.Process()
    return f"{threading.active_count()} threads, {me.num_fds()} files, {me.memory_info().rss / 1e6:.0f} MB"


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    film = make_film(folder / "film.mp4", FILMS["h264-camera"], [at / 25 for at in range(250)])
    larger = make_film(folder / "larger.mp4", FILMS["h264-camera"], [at / 25 for at in range(250)], (640, 480))
    print("| fault | s until frames come again: min, median, max | the ledger says |")
    print("|---|---|---|")
    before = ""
    for fault in faults(larger):
        with RtspServer(film) as server:
            camera = Watched(server.uri)
            camera.until_more(5)
            before = before or held()
            took = sorted(measure(fault, server, camera) for _ in range(TIMES))
            said = dict.fromkeys(f"{state}: {reason}" for state, reason in camera.states if state != "live")
            camera.subscription.dispose()
        numbers = ", ".join(f"{seconds:.2f}" for seconds in (took[0], statistics.median(took), took[-1]))
        print(f"| {fault.name} | {numbers} | {'; '.join(said)} |".replace(f":{server.port}", ""))
    print(f"\nA model ten times too slow for a minute: {overload(film)}.")
    print(f"\nHeld with one camera watched: {before}; after all: {held()}.")


if __name__ == "__main__":
    main()
