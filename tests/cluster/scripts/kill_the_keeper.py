"""Watch a film twice with one place at a model for both, and kill what keeps that limit: kill_the_keeper.py FILM."""

from __future__ import annotations

import os
import signal
import sys

from on_ray import Seen, actors_of, long_until

if __name__ == "__main__":
    films = {"one": sys.argv[1], "two": sys.argv[1]}
    model = {"use": "opencv", "max_concurrent": 1}
    seen = Seen(films, model, address="local", cameras_per_shard=1, every=1.0, pace=3.0)
    seen.until("one", 5)
    (keeper,) = actors_of(os.getpid(), "Keeper")
    os.kill(keeper, signal.SIGKILL)
    long_until(seen.over.is_set)
    for name in films:
        seen.check(name, 31)
        assert seen.ledgers[name].snapshot().analysed == 377, seen.ledgers[name]
    assert not seen.reasons
    print("each window of each film once")
