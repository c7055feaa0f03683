"""Watch a film twice, in two processes of Ray, and kill one of them: kill_a_shard.py FILM."""

from __future__ import annotations

import os
import signal
import sys

from on_ray import Seen, actors_of, long_until

if __name__ == "__main__":
    films = {"one": sys.argv[1], "two": sys.argv[1]}
    seen = Seen(films, address="local", cameras_per_shard=1, every=1.0, pace=3.0)
    seen.until("one", 5)
    os.kill(actors_of(os.getpid())[0], signal.SIGKILL)
    long_until(seen.over.is_set)
    for name in films:
        seen.check(name, 31)
    assert seen.reasons == ["its process died; moved"], seen.reasons
    print("each window of each film once")
