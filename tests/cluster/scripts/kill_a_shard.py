"""Watch a film twice, in two processes of Ray, and kill one of them: kill_a_shard.py FILM."""

from __future__ import annotations

import os
import signal
import sys
import threading

from on_ray import shards_of

from rxvlm import Analysis, Ledger
from rxvlm.cluster import watch_all


def main() -> None:
    film, given, moved = sys.argv[1], list[tuple[str, float]](), list[str]()
    over, killed = threading.Event(), threading.Event()

    def on_state(_name: str, _state: str, reason: str) -> None:
        if reason == "its process died; moved":
            moved.append(reason)

    def on_next(analysis: Analysis) -> None:
        given.append((analysis.clip.source, analysis.clip.start))
        if len(given) == 10 and not killed.is_set():
            killed.set()
            os.kill(shards_of(os.getpid())[0], signal.SIGKILL)

    ledgers = {name: Ledger(name, on_state) for name in ("one", "two")}
    cameras = {"one": film, "two": film}
    stream = watch_all(cameras, address="local", cameras_per_shard=1, ledgers=ledgers, every=1.0, pace=3.0)
    stream.subscribe(on_next, lambda error: print(repr(error)) or over.set(), over.set)
    assert over.wait(400), given
    starts = {name: [start for camera, start in given if camera == name] for name in cameras}
    assert starts["one"] == starts["two"] == [float(second) for second in range(31)], starts
    for ledger in ledgers.values():
        tally = ledger.snapshot()
        assert tally.captured == tally.analysed + sum(tally.dropped.values()), tally
        assert tally.state == "ended", tally
    print(f"31 windows of each film, each once; moved: {len(moved)}")


if __name__ == "__main__":
    main()
