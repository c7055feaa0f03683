"""Kill the process that watches cameras on Ray: its shards end by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from on_ray import Seen, actors_of, long_until, machines

if __name__ == "__main__":
    if len(sys.argv) > 1:
        seen = Seen({"cam": "demo:yard"}, address=sys.argv[1], every=1.0)
        seen.until("cam", 1)
        print("watching", flush=True)
        seen.over.wait()
    with machines(1) as (address, (machine,)):
        with subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdout is not None
            assert any("watching" in line for line in driver.stdout)
            assert actors_of(machine)
            os.kill(driver.pid, signal.SIGKILL)
        long_until(lambda: not actors_of(machine))
    print("no shard is left")
