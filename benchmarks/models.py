"""Measure what becomes of a question when its server fails, and what a client costs.

``python -m benchmarks.models`` asks the real clients about clips, against the fake server on loopback. Seconds depend
on the machine; the counts of requests, and the errors, do not. ``--asks 600`` makes the storm smaller.
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol, get_args

import psutil
import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rxvlm import collect
from rxvlm.clip import Clip
from rxvlm.concurrency.workers import IDLE_SECONDS
from rxvlm.errors import RxvlmError
from rxvlm.models import dashscope, openai_compatible
from rxvlm.models.function import vlm_from
from rxvlm.operators import buffer_by_time, encode_mp4, flat_map_bounded
from rxvlm.testing import frames_at
from rxvlm.testing.server import FakeServer, Fault, Reply, Request
from rxvlm.vlm import Vlm


class Client(Protocol):
    """Makes a model from the address of a server and the time-out of a call in seconds."""

    def __call__(self, url: str, timeout: float, *, stream: bool) -> Vlm:
        """Make a model."""
        ...


def native(url: str, timeout: float, *, stream: bool) -> Vlm:
    return dashscope(api_key="sk-benchmark", base_url=f"{url}/api/v1", timeout=timeout, stream=stream)


def compatible(url: str, timeout: float, *, stream: bool) -> Vlm:
    return openai_compatible(f"{url}/v1", "qwen3-vl-plus", "sk-benchmark", timeout=timeout, stream=stream)


def sdk_alone(url: str, timeout: float, *, stream: bool) -> Vlm:
    """Ask as the SDK's own examples do, for comparison."""
    from dashscope import MultiModalConversation

    sdk: Any = MultiModalConversation

    def ask(clip: Clip, prompt: str) -> str:
        assert isinstance(clip.data, bytes)  # noqa: S101 - all films here are MP4
        video = f"data:video/mp4;base64,{base64.b64encode(clip.data).decode()}"
        messages = [{"role": "user", "content": [{"video": video}, {"text": prompt}]}]
        said = sdk.call(
            "m", messages, api_key="k", base_address=f"{url}/api/v1", request_timeout=timeout, stream=stream
        )
        return said.output.choices[0].message.content[0]["text"]

    return vlm_from(ask)


CLIENTS: Final[dict[str, Client]] = {"dashscope": native, "openai_compatible": compatible}
MEASURED: Final = {**CLIENTS, "dashscope's SDK alone": sdk_alone}
SECONDS = 1.0  # time-out of a call while faults are made
PATIENCE = 60.0
AT_ONCE = 64
CLIP_BYTES = 5_000_000
CONCURRENT = (1, 8, 32)
ENDLESS: Final[tuple[Fault, ...]] = ("stall", "stall_body", "stream_stall", "trickle")
BROKEN: Final[list[Reply]] = [
    *(Reply("two words", fault=fault, seconds=0.02 if fault == "trickle" else 0.0) for fault in get_args(Fault)),
    *(Reply(status=status) for status in (400, 401, 403, 404, 413, 429, 500, 503, 504)),
]


def film() -> Clip:
    frames = reactivex.from_iterable(frames_at([at / 4 for at in range(16)]))
    clip: Clip = collect(frames.pipe(buffer_by_time(4.0), encode_mp4()), 1)[0]
    return clip


def ended(model: Vlm, clip: Clip, prompt: str) -> Observable[str]:
    """Ask, and return the name of the error, or how the answer ended."""
    answer = model.ask(clip, prompt).pipe(ops.to_list(), ops.map(lambda pieces: "answer" if pieces else "nothing"))
    return answer.pipe(ops.catch(lambda error, _: reactivex.just(_named(error))))


def _named(error: Exception) -> str:
    again = "" if not getattr(error, "retryable", False) else ", again"
    return type(error).__name__ + (again if isinstance(error, RxvlmError) else " (not ours)")


def matrix(clip: Clip) -> None:
    """Print the requests, seconds and error for every fault and client."""
    print("| the server | " + " | ".join(f"{name}: requests, s, error" for name in CLIENTS) + " |")
    print("|---|" + "---|" * len(CLIENTS))
    for stream in (False, True):
        for reply in BROKEN:
            does = reply.fault or f"{reply.status} {reply.code}".strip()
            row = [_one(client, reply, clip, stream=stream) for client in CLIENTS.values()]
            print(f"| {does}{', streaming' if stream else ''} | {' | '.join(row)} |", flush=True)
    with FakeServer() as server:
        nobody = server.url
    for url, does in ((nobody, "nobody listens"), ("http://nowhere.invalid", "no such host")):
        row = [_timed(client(url, SECONDS, stream=False), clip) for client in CLIENTS.values()]
        print(f"| {does} | {' | '.join(f'0, {one}' for one in row)} |")


def _one(client: Client, reply: Reply, clip: Clip, *, stream: bool) -> str:
    with FakeServer(reply) as server:
        told = _timed(client(server.url, SECONDS, stream=stream), clip)
        return f"{len(server.requests)}, {told}"


def _timed(model: Vlm, clip: Clip) -> str:
    began = time.perf_counter()
    said = ended(model, clip, "What?").run()
    return f"{time.perf_counter() - began:.2f}, {said}"


def storm(name: str, clip: Clip, asks: int) -> str:
    """Ask ``asks`` times, 64 at a time, with a fault in every second answer; return what was lost, doubled and left."""
    dice = random.Random(1)  # noqa: S311 - not used for security
    fates = [_slow(dice.choice([Reply("fine"), dice.choice(BROKEN)]), dice.random()) for _ in range(asks)]
    me, asked, ends = psutil.Process(), Counter[int](), Counter[int]()
    kinds = Counter[str]()

    def reply(request: Request) -> Reply:
        number = int(re.findall(rb"ask (\d+)", request.body)[-1])
        asked[number] += 1
        return fates[number]

    def ask(number: int) -> Observable[tuple[int, str]]:
        short = fates[number].fault in ENDLESS
        model = models[short, number % 2 == 0]
        return ended(model, clip, f"ask {number}").pipe(ops.map(lambda end: (number, end)))

    before = f"{threading.active_count()} threads, {me.num_fds()} files"
    began = time.monotonic()
    with FakeServer(reply, keep=1) as server:
        models = {
            (short, stream): CLIENTS[name](server.url, SECONDS if short else PATIENCE, stream=stream)
            for short in (False, True)
            for stream in (False, True)
        }
        many = flat_map_bounded(ask, max_concurrent=AT_ONCE, capacity=asks, overflow="error")
        for number, end in reactivex.from_iterable(range(asks)).pipe(many, ops.to_list()).run():
            ends[number] += 1
            kinds[end] += 1
        took, most = time.monotonic() - began, server.most_at_once
    time.sleep(IDLE_SECONDS + 2)  # idle threads are kept for this long
    after = f"{threading.active_count()} threads, {me.num_fds()} files"
    lost = sum(ends[number] == 0 for number in range(asks))
    doubled = sum(ends[number] > 1 for number in range(asks))
    unsent = sum(asked[number] == 0 for number in range(asks))
    twice = sum(asked[number] > 1 for number in range(asks))
    return (
        f"{name}: {asks} asks in {took:.0f} s, at most {most} at once; {lost} lost, {doubled} answered twice, "
        f"{twice} sent twice, {unsent} not sent in time; before {before}, after {after}; "
        + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    )


def _slow(reply: Reply, chance: float) -> Reply:
    """Let a server wait for up to 0.4 s."""
    return reply if reply.fault == "trickle" else replace(reply, seconds=0.4 * chance)


def memory(name: str, concurrent: int) -> str:
    """Measure in a process of its own how much each of several concurrent calls adds to its peak."""
    with FakeServer(Reply(seconds=2.0)) as server:
        grew = _run("-m", "benchmarks.models", "--memory", name, "--at-once", str(concurrent), "--url", server.url)
        return f"{float(grew) / concurrent:6.1f}"


def grow(name: str, concurrent: int, url: str) -> None:
    """Print by how many MB the peak grows while several calls about a clip of 5 MB are in flight."""
    model = MEASURED[name](url, PATIENCE, stream=False)
    clip = Clip(os.urandom(CLIP_BYTES), "video/mp4", (0.0, 1.0, 2.0, 3.0), 640, 480, 0.0, 4.0)
    ended(model, film(), "warm").run()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    at_first = _status("VmRSS")

    def ask(_number: int) -> Observable[str]:
        return ended(model, clip, "What?")

    asking = flat_map_bounded(ask, max_concurrent=concurrent, capacity=concurrent, overflow="error")
    ends = reactivex.from_iterable(range(concurrent)).pipe(asking, ops.to_list()).run()
    assert set(ends) <= {"answer", "VideoIgnoredError"}, ends  # noqa: S101 - a benchmark's own check: noise is not a film
    print((_status("VmHWM") - at_first) / 1000)


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(rf"{field}:\s+(\d+) kB", lines)[0])


IMPORTS: Final = {
    "rxvlm.models": "import rxvlm.models",
    "and dashscope's SDK, at its first question": (
        "import rxvlm.models, dashscope, rxvlm.models.wire.dashscope_sdk.session"
    ),
    "and httpx, at openai_compatible's first": "import rxvlm.models, httpx",
}


def imports() -> None:
    """Print the CPU seconds that clients need to load, in new processes."""
    for what, code in IMPORTS.items():
        timed = f"import sys, time; {code}; print(time.process_time(), len(sys.modules))"
        runs = sorted(_run("-c", timed).split() for _ in range(3))
        print(f"| {what} | {float(runs[0][0]):.2f} | {runs[0][1]} |")


def _run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own
    return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models")
    parser.add_argument("--asks", type=int, default=10_000)
    parser.add_argument("--memory", choices=MEASURED)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--url")
    asked: Any = parser.parse_args()
    os.environ.update({"NO_PROXY": "127.0.0.1", "HOME": tempfile.mkdtemp()})
    if asked.memory:
        grow(asked.memory, asked.at_once, asked.url)
        return
    clip = film()
    for client in CLIENTS.values():  # loads the client, is not measured
        _one(client, Reply(), clip, stream=False)
    matrix(clip)
    print("\n| loading | s of processor time | modules |\n|---|---|---|")
    imports()
    columns = " | ".join(f"{concurrent} at once" for concurrent in CONCURRENT)
    print(f"\n| MB more at the peak for each ask about {CLIP_BYTES / 1e6:g} MB | {columns} |")
    print("|---|" + "---|" * len(CONCURRENT))
    for name in MEASURED:
        print(f"| {name} | {' | '.join(memory(name, concurrent) for concurrent in CONCURRENT)} |", flush=True)
    print()
    for name in CLIENTS:
        print(storm(name, clip, asked.asks), flush=True)


if __name__ == "__main__":
    main()
