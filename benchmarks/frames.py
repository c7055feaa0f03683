"""What a frame costs that nobody decodes: ``python -m benchmarks.frames [ROUNDS]`` prints the ratios."""

from __future__ import annotations

import io
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import av
from reactivex import Observable

from benchmarks import data
from benchmarks.table import brief, markdown
from rxvlm import video
from rxvlm.operators import buffer_by_time, encode_copy

WINDOW: Final = 10.0
FRAMES: Final = round(data.SECONDS * 30)


def demux(path: Path) -> None:
    """Read the packets of a film, and nothing else."""
    with av.open(str(path)) as container:
        for _packet in container.demux(video=0):
            pass


def remux(path: Path) -> None:
    """Copy the packets of a film into MP4s of ten seconds in memory, as a script would."""
    with av.open(str(path)) as container:
        source = container.streams.video[0]
        out: Any = None  # PyAV's type stubs do not know all of its methods
        target, first, began = source, 0, 0.0
        for packet in container.demux(source):
            if packet.pts is None or packet.dts is None:
                continue
            if out is None or (packet.is_keyframe and float(packet.pts * packet.time_base) >= began + WINDOW):
                if out is not None:
                    out.close()
                out = av.open(io.BytesIO(), "w", format="mp4")
                target, first = out.add_stream_from_template(source), packet.pts
                began = float(packet.pts * packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts - first, packet.dts - first, target
            out.mux(packet)
        out.close()


def run(stream: Observable[Any]) -> None:
    """Subscribe to a stream that has an end, and wait for it."""
    over = threading.Event()
    stream.subscribe(lambda _: None, print, over.set)
    over.wait()


WAYS: Final[Mapping[str, Callable[[Path], None]]] = {
    "PyAV's demuxer alone": demux,
    "`video`": lambda path: run(video(path)),
    "`video` and `buffer_by_time`": lambda path: run(video(path).pipe(buffer_by_time(WINDOW))),
    "a plain script that remuxes": remux,
    "the same with `encode_copy`": lambda path: run(video(path).pipe(buffer_by_time(WINDOW), encode_copy())),
}
AGAINST: Final = {
    "`video`": "PyAV's demuxer alone",
    "`video` and `buffer_by_time`": "PyAV's demuxer alone",
    "the same with `encode_copy`": "a plain script that remuxes",
}


def table(folder: Path, rounds: int) -> str:
    """Return what each way costs for a frame of a drawn film and of a real one, and against the least that it may."""
    films = {"drawn": data.camera(folder), "real": data.street(folder)}
    spent = {name: least(path, rounds) for name, path in films.items()}
    rows: list[list[object]] = []
    for way in WAYS:
        rows.append([way])
        for costs in spent.values():
            rows[-1] += [brief(costs[way]), brief(costs[way] / costs[AGAINST[way]]) if way in AGAINST else ""]
    return markdown(("", *(head for name in films for head in (f"{name}, microseconds", "times"))), rows)


def least(path: Path, rounds: int) -> dict[str, float]:
    """Return the CPU of each way for a frame, in microseconds: the least of some rounds, in which they take turns."""
    found = dict.fromkeys(WAYS, float("inf"))
    for _ in range(rounds):
        for name, way in WAYS.items():
            began = time.process_time()
            way(path)
            found[name] = min(found[name], (time.process_time() - began) / FRAMES * 1e6)
    return found


if __name__ == "__main__":
    kept = Path(tempfile.gettempdir()) / "rxvlm-benchmarks"
    kept.mkdir(exist_ok=True)
    print(table(kept, int(sys.argv[1]) if sys.argv[1:] else 15))
