"""Rules about the system itself: a camera is away, a model is down, no question is answered.

Their events have no analysis. Their times are those of a ledger: the source's time of its newest frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_above_zero, suggest_options
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.errors import ClipTooLargeError, ClipTooShortError, ContentFilteredError
from rxvlm.ledger.states import FLOWING, OVER
from rxvlm.rules.detection import Detection, Moment, Thresholds
from rxvlm.rules.outlet import Outlet
from rxvlm.rules.verdict import NO_CAUSE

_LOOK_EVERY: Final = 1.0  # seconds
_SOON: Final = 1e-6  # seconds; a clock that counts microseconds may be early by so much
_AT_ONCE: Final = Thresholds(need=(1, 1), clear=1)
_OF_THE_CLIP: Final = (ClipTooLargeError, ClipTooShortError, ContentFilteredError)  # the model itself works


@dataclass(frozen=True, slots=True)
class ModelDown:
    """A rule about models: 2 of the last 3 calls to a model failed, about any camera. It ends after 2 answers in a row.

    A call that fails because of its clip (too long, too short, filtered) is left out. The camera of its events is "",
    their reason names the model and its newest error. Call it to set other numbers, as in ``model_down(need=(5, 5))``.

    Attributes:
        name: The name of its events.
        thresholds: How many failed and answered calls start and end an event.
    """

    name: str = "model_down"
    thresholds: Thresholds = Thresholds()  # noqa: RUF009 - frozen

    def __call__(self, *, need: tuple[int, int] = (2, 3), clear: int = 2) -> ModelDown:
        """Return the rule with other numbers.

        Args:
            need: (n, m): it begins when n of the last m calls failed.
            clear: It ends when so many calls in a row were answered.

        Raises:
            ValueError: If a number is out of range.
        """
        return replace(self, thresholds=Thresholds(need=need, clear=clear))

    def begin(self, outlet: Outlet) -> Failures:
        """Begin to work in a new subscription."""
        return Failures(self, outlet)


model_down: Final = ModelDown()


@dataclass(frozen=True, slots=True)
class Silence:
    """A rule about cameras that are silent for too long: see `camera_away` and `nothing_answered`.

    Attributes:
        name: The name of its events.
        seconds: How long a camera must be silent, in seconds on the subscription's clock.
        answers: Whether it is about missing answers; otherwise about missing frames.
    """

    name: str
    seconds: float
    answers: bool

    def begin(self, outlet: Outlet) -> Silences:
        """Begin to work in a new subscription."""
        return Silences(self, outlet)


@suggest_options()
def camera_away(after: float = 60.0) -> Silence:
    """Make a rule about cameras that send no frames: stalled, waiting for the next try, not opened yet, or failed.

    Its events have the camera's name, and the camera's state as their reason. The rule reads ledgers: without them
    there are no events.

    Args:
        after: Seconds on the subscription's clock, above 0; the rule reads the ledgers once a second.

    Raises:
        ValueError: If ``after`` is not above 0.
    """
    check_above_zero("after", after, "seconds")
    return Silence("camera_away", after, answers=False)


@suggest_options()
def nothing_answered(for_: float = 600.0) -> Silence:
    """Make a rule about cameras without answers, for any reason, until they end.

    Its events have the camera's name; their reason is the camera's state and the newest error.

    Args:
        for_: Seconds on the subscription's clock, above 0; the rule checks once a second.

    Raises:
        ValueError: If ``for_`` is not above 0.
    """
    check_above_zero("for_", for_, "seconds")
    return Silence("nothing_answered", for_, answers=True)


class Failures:
    """`ModelDown` at work: one `Detection` for each model."""

    def __init__(self, rule: ModelDown, outlet: Outlet) -> None:
        self._rule, self._outlet = rule, outlet
        self._models: dict[str, Detection] = {}

    def on_analysis(self, analysis: Analysis) -> None:
        """Take the next answer."""
        if analysis.marks & NO_CAUSE or isinstance(analysis.error, _OF_THE_CLIP):
            return
        model = self._models.get(analysis.model)
        if model is None:
            model = _detection(self._rule.name, "", self._rule.thresholds, self._outlet)
            self._models[analysis.model] = model
        error = analysis.error
        why = None if error is None else f"{analysis.model}: {type(error).__name__}: {error}"
        model.on_answer(None, self._moment(analysis), held=error is not None, reason=why)

    def end(self, reason: str) -> None:
        """Give the end of every event that runs."""
        for model in self._models.values():
            model.end(reason)

    def leave(self) -> None:
        """Drop every event that runs."""
        for model in self._models.values():
            model.leave()

    def _moment(self, analysis: Analysis) -> Moment:
        ledger = self._outlet.ledgers().get(analysis.clip.source)
        time = analysis.clip.end if ledger is None else ledger.snapshot().time
        return Moment(time, time, analysis.clip.captured)


class Silences:
    """`Silence` at work: looks at every camera once a second."""

    def __init__(self, rule: Silence, outlet: Outlet) -> None:
        self._rule, self._outlet = rule, outlet
        self._began = now_in_seconds(outlet.clock)
        self._cameras: dict[str, _Silent] = {}
        self._look()

    def on_analysis(self, analysis: Analysis) -> None:
        """Take the next answer."""
        if not self._rule.answers or analysis.marks & NO_CAUSE:
            return
        camera = self._camera(analysis.clip.source)
        camera.time = max(camera.time, analysis.clip.end)
        if analysis.error is None:
            camera.error, camera.since = "", now_in_seconds(self._outlet.clock)
            camera.detection.end("cleared", camera.time)
        else:
            camera.error = f"{type(analysis.error).__name__}: {analysis.error}"

    def end(self, reason: str) -> None:
        """Give the end of every event that runs."""
        self._read_ledgers()
        for camera in self._cameras.values():
            camera.detection.end(reason, camera.time)

    def leave(self) -> None:
        """Drop every event that runs."""
        for camera in self._cameras.values():
            camera.detection.leave()

    def _look(self) -> None:
        now = now_in_seconds(self._outlet.clock)
        self._read_ledgers()
        for camera in self._cameras.values():
            if not self._is_silent(camera):
                camera.detection.end("cleared" if camera.state in FLOWING else f"camera {camera.state}", camera.time)
                camera.since = now if camera.paused or not self._rule.answers else camera.since
            elif now - camera.since >= self._rule.seconds - _SOON and not camera.detection.running:
                moment = Moment(camera.time, camera.time, camera.since if camera.live else None)
                camera.detection.on_answer(None, moment, held=True, reason=camera.why)
        self._outlet.later(_LOOK_EVERY, self._look)

    def _is_silent(self, camera: _Silent) -> bool:
        if self._rule.answers:
            return camera.state not in OVER and not camera.paused
        return camera.state not in FLOWING and camera.state not in {"", "finishing", "ended"}

    def _read_ledgers(self) -> None:
        for name, ledger in list(self._outlet.ledgers().items()):
            tally, camera = ledger.snapshot(), self._camera(name)
            camera.state, camera.reason, camera.live = tally.state, tally.reason, tally.live is True
            camera.time, camera.paused = tally.time, tally.paused

    def _camera(self, name: str) -> _Silent:
        if name not in self._cameras:
            since = self._began if not self._cameras else now_in_seconds(self._outlet.clock)
            self._cameras[name] = _Silent(since, _detection(self._rule.name, name, _AT_ONCE, self._outlet))
        return self._cameras[name]


def _detection(rule: str, camera: str, thresholds: Thresholds, outlet: Outlet) -> Detection:
    muted = partial(outlet.muted, rule, camera)
    return Detection(rule, camera, thresholds, give=outlet.give, drop=outlet.drop, muted=muted)


@dataclass(slots=True)
class _Silent:
    """What is known of a camera: since when it is silent, in seconds of the clock, and its ledger's newest facts."""

    since: float
    detection: Detection
    state: str = ""
    reason: str = ""
    error: str = ""
    time: float = 0.0
    live: bool = False
    paused: bool = False

    @property
    def why(self) -> str:
        """What is wrong, in words."""
        return ": ".join(filter(None, [self.state, self.reason, self.error]))
