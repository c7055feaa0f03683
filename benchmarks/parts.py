"""What a live camera costs, by part: ``python -m benchmarks.parts KIND COUNT SECONDS URI``.

KIND is demuxed, windows, copy or keyframes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import av

import rxvlm
from rxvlm.operators import buffer_by_time

BEGIN_SECONDS: Final = 40.0


def demuxed(count: int, uri: str) -> Callable[[], list[int]]:
    """Read the packets of cameras with PyAV alone, each on a thread."""
    read = [0] * count

    def one(at: int) -> None:
        with av.open(uri, options={"rtsp_transport": "tcp"}) as container:
            for _packet in container.demux(video=0):
                read[at] += 1

    for at in range(count):
        threading.Thread(target=one, args=(at,), daemon=True).start()
    return lambda: list(read)


def watched(count: int, uri: str, kind: str) -> Callable[[], list[int]]:
    """Make windows of cameras; or ask about them, with an effort."""
    ledgers = {f"cam{at}": rxvlm.Ledger(f"cam{at}") for at in range(count)}
    if kind == "windows":
        for ledger in ledgers.values():
            rxvlm.video(uri, ledger=ledger).pipe(buffer_by_time(10.0)).subscribe()
    else:
        how: Any = {"effort": kind, "ledgers": ledgers}
        rxvlm.watch_all(dict.fromkeys(ledgers, uri), rxvlm.vlm_from(lambda _clip, _prompt: "seen"), **how).subscribe()
    return lambda: [ledger.snapshot().captured - sum(ledger.snapshot().dropped.values()) for ledger in ledgers.values()]


def main(kind: str, count: str, seconds: str, uri: str) -> None:
    counts = demuxed(int(count), uri) if kind == "demuxed" else watched(int(count), uri, kind)
    until = time.monotonic() + BEGIN_SECONDS
    while not all(counts()) and time.monotonic() < until:
        time.sleep(0.1)
    before, used, began = counts(), resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    time.sleep(float(seconds))
    after, now, passed = counts(), resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    frames = [late - early for early, late in zip(before, after, strict=True)]
    share = 100 / passed / int(count)
    kept = {"frames_per_second": sum(frames) / passed / int(count), "least": min(frames) / passed}
    user, system = now.ru_utime - used.ru_utime, now.ru_stime - used.ru_stime
    print(json.dumps({"user_percent": user * share, "system_percent": system * share, **kept}), flush=True)
    os._exit(0)  # threads that read with PyAV alone have no other end


if __name__ == "__main__":
    main(*sys.argv[1:])
