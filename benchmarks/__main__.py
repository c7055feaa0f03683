"""Run all benchmarks: ``python -m benchmarks [--quick | --long]`` writes docs/reference/benchmarks.md and its plot."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import cameras, data, door, encoding, events, frames, many, monitor, small, store
from benchmarks.table import plot

DOCS = Path(__file__).parent.parent / "docs"
MAIN_PORT, SUB_PORT = 18_554, 18_555
PAGE = """# Benchmarks

Measured on two cores of a virtual machine whose speed varies. So compare the ratios rather than the numbers: each ratio
is of runs that took turns in the same round. Each cell gives the median of {rounds} rounds, and (smallest to
largest). Made by `python -m benchmarks --long`.

![Cores for one camera]({picture})

## One camera

1080p30 H.264 at 4 Mbit/s, key frames every 2 s; windows of 10 s, eight frames, clips 640 pixels wide (copy: all frames,
unchanged). CPU is in cores; memory is the rise of the process's peak. *Earlier* is the design that rxvlm replaces,
*plain* is a script without streams that does the same as rxvlm for key frames, and *floor* is the work that no program
can avoid.

A drawn yard with sensor noise; key frames of 155 kB:

{one}
A real street with much traffic, enlarged to the same size and bit rate; key frames of 60 kB:

{real}
Memory is that of one camera, including what a process holds only once. Key frames and exact moments are decoded when
their window closes, so their lag is the time of this decoding. clip_evenly decodes earlier; `watch` uses it for live
cameras.
The cost of key frames depends on their number of bytes, since a decoder reads every byte: compare with their floor.

## encode_mp4 against OpenCV's mp4v

20 frames at 640x360, CPU seconds, the least of five. A coarser quantiser first removes noise, of which the drawn clip
has much.

{encoding}
## Pixels untouched, and start-up

{small}
## What a frame costs that is not decoded

900 frames of the two films above, with the opening of the file. PyAV's demuxer alone, and a script that copies its
packets into MP4s of ten seconds, are the work that any program has to do. The least of {least} rounds, since other
programs only ever add to it. `python -m benchmarks.frames` prints this table.

{frames}
## Events

An answer in `events_when`, which is to cost less than 20 microseconds; and the slowest conditions that may be written,
over the most data that they look at, which are to take less than 5 milliseconds.

{events}
## The store

Answers that are written in batches, against a script that inserts the same JSON and the same clips into one table of
SQLite without an index, without a check for duplicates and without full-text search, which is to take at least half the
time; searches over 100,000 answers for the newest 50, against plain FTS5, which returns them by their ids; and watching
a film of five minutes at full speed.

{store}
## The monitor

Sixteen drawn cameras, an answer a second each from a model that takes no time, in windows of one frame of 64 pixels:
the CPU of the run that prints lines of JSON to nowhere, and of the same run on the screen of `rxvlm monitor`.

{monitor}
## The door of a run

An answer that is told to the door of `rxvlm run`: what the camera's own thread spends on it, and the CPU of the whole
process, in which the door's thread writes the lines.

{door}
## Files at full speed, key frames

{files}
## RTSP cameras, key frames

GStreamer's server runs in another process on the same machine, and its CPU is not counted; measured for {seconds:g} s
after all are live.
All cameras show the same film. The server and other programs use a part of the machine's two cores.
*Lost* counts frames of windows that were dropped.

1080p30 at 2 Mbit/s:

{main}
640x360 at 15 frames per second, 0.4 Mbit/s:

{sub}"""


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round, ten cameras: about three minutes")
    options.add_argument("--long", action="store_true", help="two minutes of RTSP, an hour of files")
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rxvlm-benchmarks")
    options.add_argument("--rounds", type=int, default=3, help="rounds of the benchmark of one camera")
    options.add_argument("--counts", type=int, nargs="+", default=many.COUNTS, help="numbers of RTSP cameras")
    options.add_argument("--out", type=Path, help="folder for the pages: the docs, or --folder for a --quick run")
    asked = options.parse_args()
    asked.folder.mkdir(exist_ok=True)
    run(asked, asked.out or (asked.folder if asked.quick else DOCS))


def run(asked: argparse.Namespace, out: Path) -> None:
    seconds = 12.0 if asked.quick else 120.0 if asked.long else 60.0
    counts = (10,) if asked.quick else tuple(asked.counts)
    rounds = 1 if asked.quick else asked.rounds
    say("one camera")
    measured = cameras.measure(asked.folder, data.camera, rounds, others=True, install=not asked.quick)
    say("one camera, real pictures")
    real = cameras.measure(asked.folder, data.street, rounds, others=False, install=False)
    say("the rest")
    page = PAGE.format(
        picture="../pictures/benchmarks.svg",
        seconds=seconds,
        rounds=rounds,
        one=cameras.table(measured),
        real=cameras.table(real),
        encoding=encoding.table(data.camera(asked.folder), 5 * rounds),
        small=small.table(rounds + 2),
        least=5 * rounds,
        frames=frames.table(asked.folder, 5 * rounds),
        events=events.table(rounds + 6),
        store=store.table(rounds + 2),
        monitor=monitor.table(10.0 if asked.quick else 60.0, rounds, asked.folder),
        door=door.table(rounds + 2),
        files=many.files_table(asked.folder, 3600.0 if asked.long else 30.0 if asked.quick else 300.0),
        main=many.rtsp_table(data.main_stream(asked.folder), 30, counts, seconds, MAIN_PORT),
        sub=many.rtsp_table(data.sub_stream(asked.folder), 15, counts, seconds, SUB_PORT),
    )
    cores = {name: median(run["cores"] for run in runs) for name, runs in measured.runs.items()}
    for folder in ("reference", "pictures"):
        (out / folder).mkdir(exist_ok=True)
    (out / "reference" / "benchmarks.md").write_text(page, encoding="utf-8")
    (out / "pictures" / "benchmarks.svg").write_text(
        plot("Cores for one 1080p30 camera (logarithmic)", "", cores), encoding="utf-8"
    )
    print(page)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


main()
