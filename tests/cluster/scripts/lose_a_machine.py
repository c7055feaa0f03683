"""Watch a film and a camera on two machines, and kill or stop one: lose_a_machine.py FILM kill|stop."""

from __future__ import annotations

import signal
import sys

from on_ray import Seen, actors_of, long_until, machines, send_to_machine

if __name__ == "__main__":
    film, what = sys.argv[1:]
    with machines(2) as (address, raylets):
        seen = Seen({"film": film, "cam": "demo:yard"}, address=address, cameras_per_shard=1, every=1.0, pace=1.5)
        seen.until("film", 3)
        seen.until("cam", 3)
        lost = next(raylet for raylet in raylets if actors_of(raylet))
        send_to_machine(lost, signal.SIGKILL if what == "kill" else signal.SIGSTOP)
        long_until(lambda: bool(seen.reasons))
        seen.until("cam", 5)
        if what == "stop":
            send_to_machine(lost, signal.SIGCONT)  # what wakes asks nothing, and what it still sends is refused
        long_until(lambda: seen.ledgers["film"].snapshot().state == "ended")
        seen.until("cam", 3)
        seen.subscription.dispose()
        seen.check("film", 31)
        seen.check("cam")
    print("each window of the film once, and none of the camera twice")
