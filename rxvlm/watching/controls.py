"""Controls: what can be done to cameras that are watched: pausing, muting, and asking in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Final, NamedTuple

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.streamed import ask_in_between
from rxvlm.rules.mutes import Mutes
from rxvlm.vlm import Piece, Vlm

_LONGEST_MUTE: Final = 366 * 86_400.0  # seconds


class Asked(NamedTuple):
    """Who is asked about a camera in between.

    Attributes:
        model: The model, without the fields that the camera is asked for.
        timeout: Seconds for an answer.
    """

    model: Vlm
    timeout: float


class Controls:
    """What can be done to a run while it works. Any thread may call it.

    Args:
        ledgers: The ledgers of its cameras, by name; cameras may come and go.
        asked: Returns who is asked about a camera, by its name.
        rules: Returns the names of its rules.
        on_answer: Called with each answer to a question in between, also with one that failed.
        mutes: The rules that are muted.
    """

    def __init__(
        self,
        ledgers: Mapping[str, Ledger],
        *,
        asked: Callable[[str], Asked],
        rules: Callable[[], Iterable[str]],
        on_answer: Callable[[Analysis], None],
        mutes: Mutes,
    ) -> None:
        self._ledgers, self._asked, self._rules, self._on_answer = ledgers, asked, rules, on_answer
        self.mutes = mutes
        self._lock = threading.Lock()
        self._newest: dict[str, Clip] = {}

    def on_clip(self, clip: Clip) -> None:
        """Take a camera's newest clip, which `ask` asks about; for ``on_clip`` of `watch_together`."""
        with self._lock:
            self._newest[clip.source] = clip

    def forget(self, camera: str) -> None:
        """Let go the newest clip of a camera that is not watched any more."""
        with self._lock:
            self._newest.pop(camera, None)

    def paused(self) -> Mapping[str, float]:
        """Return since when each paused camera is paused, by its name, in seconds since 1970 (UTC)."""
        since = {name: ledger.pausing.since for name, ledger in list(self._ledgers.items())}
        return {name: at for name, at in since.items() if at is not None}

    def muted(self) -> Mapping[str, float]:
        """Return until when each muted rule is muted for all cameras, by its name, in seconds since 1970 (UTC)."""
        return {rule: until for (rule, camera), until in self.mutes.current().items() if camera is None}

    def pause(self, camera: str, reason: str = "") -> None:
        """Ask no questions about a camera any more, until `resume`; what is being asked is answered.

        Raises:
            ValueError: If there is no such camera.
        """
        self._ledger(camera).pause(reason)

    def resume(self, camera: str) -> None:
        """Ask about a camera again.

        Raises:
            ValueError: If there is no such camera.
        """
        self._ledger(camera).resume()

    def mute(self, rule: str, seconds: float) -> None:
        """Let no sink have the events of a rule for a time; 0 seconds end that.

        Raises:
            ValueError: If there is no such rule, or the time is out of range.
        """
        _check_name("rule", rule, self._rules())
        if not (isfinite(seconds) and 0 <= seconds <= _LONGEST_MUTE):
            raise ValueError(f"a rule is muted for 0 to {_LONGEST_MUTE:.0f} seconds, not {seconds:g}")
        if seconds:
            self.mutes.mute(rule, seconds)
        else:
            self.mutes.unmute(rule)

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Ask the camera's model about the camera's newest clip, at each subscription; the answer comes in pieces.

        It also works while asking is paused. A camera that has no clip yet, or that there is not, is an error of the
        stream (ValueError), as is what the model raises.
        """

        def asked(_scheduler: SchedulerBase | None) -> Observable[Piece]:
            if not question.strip():
                return reactivex.throw(ValueError("the question is empty"))
            try:
                self._ledger(camera)
                clip = self._clip(camera)
                model, timeout = self._asked(camera)
            except ValueError as error:
                return reactivex.throw(error)
            return ask_in_between(model, clip, question, timeout=timeout, on_answer=self._on_answer)

        return reactivex.defer(asked)

    def _clip(self, camera: str) -> Clip:
        with self._lock:
            clip = self._newest.get(camera)
        if clip is None:
            raise ValueError(f"there is no clip of {camera} yet: wait for its first window")
        return clip

    def _ledger(self, camera: str) -> Ledger:
        _check_name("camera", camera, self._ledgers)
        return self._ledgers[camera]


def _check_name(kind: str, name: str, names: Iterable[str]) -> None:
    known = list(names)
    if name not in known:
        near = get_close_matches(name, known, 1)
        meant = f"did you mean {near[0]!r}?" if near else f"they are {', '.join(known) or 'none'}"
        raise ValueError(f"there is no {kind} {name!r}; {meant}")
