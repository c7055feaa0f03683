"""Watch two films and a camera until 200 windows were given, and kill shards meanwhile: two_hundred.py FILM CLIP."""

from __future__ import annotations

import os
import signal
import sys
from itertools import pairwise
from pathlib import Path

from on_ray import Seen, actors_of, long_until
from rtsp_server import RtspServer


def _ended(seen: Seen, camera: str) -> bool:
    return seen.ledgers[camera].snapshot().state == "ended"


if __name__ == "__main__":
    film, clip = sys.argv[1:]
    with RtspServer(Path(clip)) as server:
        cameras = {"one": film, "two": film, "cam": server.uri}
        seen = Seen(cameras, address="local", cameras_per_shard=1, every=0.4, pace=1.0)
        for count in (40, 90):
            long_until(lambda count=count: len(seen.analyses) >= count)
            os.kill(actors_of(os.getpid())[0], signal.SIGKILL)
        long_until(lambda: len(seen.analyses) >= 200 and all(_ended(seen, name) for name in ("one", "two")))
        seen.subscription.dispose()
    for name in ("one", "two"):
        starts = [round(one.clip.start / 0.4) for one in seen.of(name)]
        assert starts == list(range(76)), starts
    seen.check("cam")
    moves = seen.reasons.count("its process died; moved")
    assert moves == 2, seen.reasons
    slots = [one.clip.span.slot or 0 for one in seen.of("cam")]
    gaps = sum(later > sooner + 1 for sooner, later in pairwise(slots))
    assert gaps <= moves, slots  # a live camera misses windows only while it moves
    print("200 windows: none twice, none of the films missing")
