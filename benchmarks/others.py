"""The same steps on the capture of other libraries; run by the Python of their environment.

``PYTHON -m benchmarks.others vidgear|inference CLIP`` prints the cost. It needs nothing of rxvlm.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2

from benchmarks.cost import Cost

SPAN, COUNT, WIDTH = 10.0, 8, 640


class Steps:
    """What a user of these libraries writes: keep ten seconds of frames, make a clip of eight, 640 pixels wide."""

    def __init__(self, fps: float) -> None:
        self.lags: list[float] = []
        self._fps, self._number = fps, 0
        self._kept: list[tuple[float, Any]] = []

    def on_frame(self, image: Any) -> None:  # noqa: ANN401 - rxvlm and its types are not installed there
        """Keep a frame."""
        shown = self._number / self._fps
        self._number += 1
        if self._kept and int(shown / SPAN) > int(self._kept[0][0] / SPAN):
            self.close()
        self._kept.append((shown, image))

    def close(self) -> None:
        """Write a clip of the frames that were kept."""
        opencv: Any = cv2
        began, kept = time.perf_counter(), self._kept
        moments = [kept[0][0] + at * SPAN / COUNT for at in range(COUNT)]
        size = WIDTH, WIDTH * kept[0][1].shape[0] // kept[0][1].shape[1]
        handle, path = tempfile.mkstemp(".mp4")
        os.close(handle)
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"mp4v"), COUNT / SPAN, size)
        for moment in moments:
            at = min(range(len(kept)), key=lambda number: abs(kept[number][0] - moment))
            writer.write(opencv.resize(kept[at][1], size))
        writer.release()
        Path(path).unlink()
        self.lags.append(time.perf_counter() - began)
        self._kept = []


def vidgear(gears: Any, path: str, steps: Steps) -> None:  # noqa: ANN401 - as above
    stream = gears.CamGear(source=path).start()
    while (image := stream.read()) is not None:
        steps.on_frame(image)
    stream.stop()
    steps.close()


def inference(package: Any, path: str, steps: Steps) -> None:  # noqa: ANN401 - as above
    def hear(*_: object) -> None:
        pass

    def look(frames: list[Any]) -> list[None]:
        for frame in frames:
            steps.on_frame(frame.image)
        return [None for _ in frames]

    pipelines = package.InferencePipeline
    pipeline = pipelines.init_with_custom_logic(video_reference=path, on_video_frame=look, on_prediction=hear)
    pipeline.start()
    pipeline.join()
    steps.close()


SYSTEMS = {"vidgear": ("vidgear.gears", vidgear), "inference": ("inference", inference)}


def main(name: str, path: str, seconds: str) -> None:
    module, run = SYSTEMS[name]
    package = import_module(module)  # what a process loads once is not counted as the cost of a camera
    if name == "inference":
        _ = package.InferencePipeline  # which is loaded at its first use
    steps, cost = Steps(cv2.VideoCapture(path).get(cv2.CAP_PROP_FPS)), Cost()
    run(package, path, steps)
    print("\n" + json.dumps({"cores": cost.cpu() / float(seconds), "memory": cost.memory(), "lags": steps.lags}))


if __name__ == "__main__":
    main(*sys.argv[1:])
