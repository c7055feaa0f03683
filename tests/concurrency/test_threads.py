from __future__ import annotations

import socket
import subprocess
import sys
import threading

from conftest import WATCHDOG

from rxvlm.concurrency.threads import daemon


def test_threads_are_daemons_with_a_name() -> None:
    """A thread made here is called what it should be, and holds up no exit."""
    ran = threading.Event()
    thread = daemon("rxvlm-test")(ran.set)
    assert thread.daemon
    assert thread.name == "rxvlm-test"
    thread.start()
    assert ran.wait(WATCHDOG)


def exit_of(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WATCHDOG, check=False)


def test_at_exit_threads_are_asked_to_end() -> None:
    """The interpreter's exit asks a thread to end, and waits for it to."""
    done = exit_of("""
import threading
from rxvlm.concurrency.threads import daemon
go = threading.Event()
def run():
    go.wait()
    print("ended")
daemon("t", go.set)(run).start()
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


def test_at_exit_a_stuck_thread_is_left() -> None:
    """A thread that does not end is waited for only a moment."""
    done = exit_of("""
import threading
from rxvlm.concurrency.threads import daemon
daemon("t")(threading.Event().wait).start()
print("bye")
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "bye\n", "")


def test_a_pipeline_that_is_left_running_does_not_hold_up_the_exit() -> None:
    """A script that ends while cameras are watched ends at once, quietly, with exit code 0."""
    done = exit_of("""
import threading, rxvlm
first = threading.Event()
model = rxvlm.vlm_from(lambda clip, prompt: "x")
stream = rxvlm.watch_all({"a": "demo:yard", "b": "demo:gate?seconds=100000"}, model, every=0.5)
stream.subscribe(lambda a: first.set())
first.wait()
print("bye")
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "bye\n", "")


def test_a_silent_camera_does_not_hold_up_the_exit() -> None:
    """A script that ends while a camera does not answer ends all the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/cam"
        done = exit_of(f"import rxvlm; rxvlm.video({uri!r}).subscribe(print); print('bye')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "bye\n", "")
