"""`rxvlm watch --metrics`: counters for Prometheus while a run lasts."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from conftest import WATCHDOG
from prometheus_client.parser import text_string_to_metric_families

WATCH = [sys.executable, "-m", "rxvlm", "watch"]


def test_a_run_is_counted_while_it_lasts(tmp_path: Path) -> None:
    """Stderr says where; the page has the cameras of the run, its rules and sinks; its end frees the port."""
    command = [*WATCH, "yard=demo:yard", "--metrics", "0", "--alert", "moves: motion.share > 0.5"]
    command += ["--sink", str(tmp_path / "a.jsonl")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", process.stderr.readline())
        assert found is not None
        text = httpx.get(found[0], trust_env=False, timeout=WATCHDOG).text
        process.send_signal(signal.SIGINT)
        process.wait(WATCHDOG)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert {"camera": "yard", "rule": "moves"} in [sample.labels for sample in samples if sample.value == 0]
    sinks = [sample.labels["sink"] for sample in samples if sample.name == "rxvlm_sink_items_total"]
    assert set(sinks) == {str(tmp_path / "a.jsonl")}
    with pytest.raises(httpx.ConnectError):
        httpx.get(found[0], trust_env=False)


def test_a_port_in_use_ends_the_command() -> None:
    """It is told in one line before any camera is opened."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*WATCH, "demo:yard", "--metrics", str(port)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == f"rxvlm: metrics cannot be served at {port}: Address already in use\n"


def test_a_malformed_address_ends_the_command() -> None:
    """The line says how it is written."""
    done = subprocess.run([*WATCH, "demo:yard", "--metrics", "http://x"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "PORT or HOST:PORT" in done.stderr
