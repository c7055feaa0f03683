"""Writers of a store that are killed in the middle of writing: run as a process of its own, because it forks.

``python store_writers.py FOLDER KILLS``: some stores at a time, each with one writer after the other. What the
writers were told to be written stands beside each store, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from storing import answer, event

from rxvlm import Store

AT_A_TIME = 4


def write(path: Path, name: str, told: int) -> None:
    """Write answers and events until the end, and tell of each answer that `write` has returned from."""
    store = Store(path, sync="each")
    for at in range(1_000_000):
        said = f"{name}n{at}"
        written = answer(at, said, data=(os.urandom(20_000), b"second"))
        store.write(event(written, id=said) if at % 3 == 0 else written)
        os.write(told, f"{said}\n".encode())


def kill_one(path: Path, name: str, seconds: float) -> list[str]:
    """Start a writer, kill it after its first answer and some time; return what it told."""
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(told)
        write(path, name, tell)
    os.close(tell)
    select.select([told], [], [])
    time.sleep(seconds)  # at any moment of its work: this is what is tested
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(told, "rb") as file:
        return file.read().decode().split()


def kill_some(path: Path, kills: int) -> list[str]:
    """Kill one writer of a store after the other."""
    chance = random.Random(path.name)
    return [said for at in range(kills) for said in kill_one(path, f"w{at}", chance.random() * 0.03)]


def main() -> None:
    folder, kills = Path(sys.argv[1]), int(sys.argv[2])
    paths = [folder / f"{at}.db" for at in range(AT_A_TIME)]
    pids: list[int] = []
    for path in paths:
        pids.append(os.fork())
        if not pids[-1]:
            path.with_suffix(".json").write_text(json.dumps(kill_some(path, kills // AT_A_TIME)))
            os._exit(0)
    if any(os.waitpid(pid, 0)[1] for pid in pids):
        sys.exit(1)


if __name__ == "__main__":
    main()
