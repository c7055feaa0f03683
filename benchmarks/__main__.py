"""All of it: ``python -m benchmarks [--quick | --long]`` writes docs/reference/benchmarks.md and its plot."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import cameras, data, encoding, many, small
from benchmarks.table import plot

DOCS = Path(__file__).parent.parent / "docs"
MAIN_PORT, SUB_PORT = 18_554, 18_555
PAGE = """# Benchmarks

Measured on two cores of a virtual machine, which are not always equally fast: compare the ratios, which were taken in
turn, round after round, more than the numbers. Each cell gives the middle of {rounds} rounds, and (smallest to
largest). Made by `python -m benchmarks --long`.

![Cores for one camera]({picture})

## One camera

1080p30 H.264 at 4 Mbit/s, key frames every 2 s; windows of 10 s, eight frames, clips 640 wide (copy: all frames, as
they came). CPU in cores; memory is what the process's peak rose by. *Earlier* is the design that rxvlm succeeds,
*plain* a script without streams that does for key frames what rxvlm does; *floor* is what no program can do without.

A drawn yard, and a sensor's noise; key frames of 155 kB:

{one}
A real street with much traffic, enlarged to the same size and bit rate; key frames of 60 kB:

{real}
Memory is of one camera alone, with what the process holds once. Key frames and exact moments decode when their window
closes, so their lag is that decoding; clip_evenly decodes before, and is what `watch` does with live cameras.
What key frames cost is decided by their bytes, which a decoder reads one after another: compare their floor.

## encode_mp4 against OpenCV's mp4v

20 frames at 640x360, CPU seconds, the least of five. Noise, as on the drawn clip, is what a coarser quantiser leaves
out first.

{encoding}
## Pixels untouched, and start-up

{small}
## Files at full speed, key frames

{files}
## RTSP cameras, key frames

GStreamer's server in a process of its own on the same machine, its CPU not counted; {seconds:g} s after all are live.
All cameras show one film at once. The server and whoever else works on the machine take their share of its two cores.
*Lost* counts frames of windows that were given up.

1080p30 at 2 Mbit/s:

{main}
640x360 at 15 frames a second, 0.4 Mbit/s:

{sub}"""


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round, ten cameras: some three minutes")
    options.add_argument("--long", action="store_true", help="two minutes of RTSP, an hour of files")
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rxvlm-benchmarks")
    options.add_argument("--rounds", type=int, default=3, help="of one camera in every way")
    options.add_argument("--counts", type=int, nargs="+", default=many.COUNTS, help="of RTSP cameras")
    options.add_argument("--out", type=Path, help="where pages go; the docs, of a --quick run the folder")
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
