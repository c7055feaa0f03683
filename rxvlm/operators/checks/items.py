"""Check the items of a stream: a step in the wrong place says where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.stream import Operator
from rxvlm.window import Window

_In = TypeVar("_In", Frame, Window, Clip, Analysis)
_Out = TypeVar("_Out")

_IN_ORDER: Final = (Frame, Window, Clip, Analysis)  # as a pipeline makes one of the other
_HOW_TO_MAKE: Final[Mapping[type, str]] = {
    Frame: "Frame.of(image, time) makes one of an array",
    Window: "put buffer_by_time(...) before it",
    Clip: "put encode_mp4() or encode_jpegs() before it",
    Analysis: "put analyze(model, prompt) before it",
}


def check_items(kind: type[_In], step: str, operator: Operator[_In, _Out]) -> Operator[_In, _Out]:
    """Return the operator with a check in front: an item of another type ends the stream with a TypeError.

    >>> from rxvlm.operators import sample_evenly
    >>> from rxvlm.testing import frames_at, play, video_of
    >>> play(video_of(frames_at([0.0])).pipe(sample_evenly(2)))
    [(0.0, TypeError('sample_evenly takes Windows, not a Frame: put buffer_by_time(...) before it'))]

    Args:
        kind: The type of the items that the step takes.
        step: The step's name, for the message.
        operator: The step itself.
    """

    def checked(source: Observable[_In]) -> Observable[_In]:
        def subscribe(observer: ObserverBase[_In], scheduler: SchedulerBase | None = None) -> DisposableBase:
            def on_next(item: object) -> None:
                if isinstance(item, kind):
                    give(item)
                else:
                    what = f"{step} takes {kind.__name__}s, not {describe(item)}"
                    observer.on_error(TypeError(f"{what}: {_remedy(kind, item)}"))

            give = observer.on_next  # looked up once: this is done for each frame
            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Observable(subscribe)

    return lambda source: operator(source.pipe(checked))


def _remedy(kind: type, item: object) -> str:
    """Return what to do about an item that comes too early or too late for a step."""
    later: tuple[type, ...] = _IN_ORDER[_IN_ORDER.index(kind) + 1 :]
    if isinstance(item, later):
        return f"put it before the step that makes the {type(item).__name__}, or leave one of the two out"
    return _HOW_TO_MAKE[kind]
