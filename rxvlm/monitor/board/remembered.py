"""Remembered: the history of a run without a store, as far as this process remembers it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import partial
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.errors import NotStoredError
from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.board.history import StateSpan
from rxvlm.store.why import Why

_MOST: Final = 500  # answers of a camera
_MOST_BYTES: Final = 64 << 20  # of the clips of all cameras
_MOST_EVENTS: Final = 2000
NO_STORE: Final = "this run has no store: --store FILE keeps what `why` needs"


class Remembered:
    """Keeps the newest answers, of the newest of them the clips, the newest events, and states."""

    def __init__(self) -> None:
        self.happenings: dict[str, Happening] = {}
        self.spans: deque[StateSpan] = deque(maxlen=_MOST_EVENTS)
        self._answers: dict[str, deque[Answer]] = {}
        self._clips: deque[tuple[str, str, int]] = deque()  # camera, key and bytes of those that have their clip
        self._bytes = 0

    @property
    def why_not(self) -> str:
        """Why `why` cannot be asked here."""
        return NO_STORE

    def add(self, analysis: Analysis) -> Answer:
        """Remember an answer."""
        answer = Answer.of(analysis)
        self._answers.setdefault(answer.camera, deque(maxlen=_MOST)).appendleft(answer)
        self._clips.append((answer.camera, answer.key, analysis.clip.size))
        self._bytes += analysis.clip.size
        while self._bytes > _MOST_BYTES:
            self._forget_clip(*self._clips.popleft())
        return answer

    def add_event(self, happening: Happening) -> None:
        """Remember an event as it stands; the oldest that has ended is forgotten beyond a bound."""
        self.happenings.pop(happening.id, None)
        self.happenings[happening.id] = happening
        if len(self.happenings) > _MOST_EVENTS:
            ended = (one.id for one in self.happenings.values() if not one.runs)
            del self.happenings[next(ended, next(iter(self.happenings)))]

    def answers(self, camera: str, before: float | None = None, limit: int = 100) -> list[Answer]:
        """Return answers about a camera, the newest first: those that are not newer than a time."""
        found = [one for one in list(self._answers.get(camera, ())) if before is None or one.at <= before]
        return found[:limit]

    def answers_since(self, camera: str, at: float) -> list[Answer]:
        """Return answers about a camera that are not older than a time, the newest first."""
        return [one for one in list(self._answers.get(camera, ())) if one.at >= at]

    def answers_of(self, event: str) -> list[Answer]:
        """Return the answers from the beginning of an event to its newest, the oldest first."""
        happening = self.happenings[event]
        within = [one for one in self.answers_since(happening.camera, happening.at) if one.at <= happening.newest]
        return within[::-1]

    def answer(self, key: str) -> Answer:
        """Return an answer by its key.

        Raises:
            NotStoredError: If it is forgotten.
        """
        for answers in self._answers.values():
            for one in answers:
                if one.key == key:
                    return one
        raise NotStoredError("this answer is forgotten; with --store FILE answers are kept")

    def events(self, since: float, until: float) -> list[Happening]:
        """Return the events that ran in a time, the newest first."""
        ran = [one for one in list(self.happenings.values()) if one.at <= until and (one.runs or one.newest >= since)]
        return sorted(ran, key=lambda one: one.at, reverse=True)

    def states(self, since: float, until: float) -> list[StateSpan]:
        """Return the states of all cameras until a time, the oldest first; from the monitor's beginning on."""
        return [one for one in list(self.spans) if one.since <= until or one.since < since]

    def span(self) -> tuple[float, float] | None:
        """Return when the first and the newest answer were; None if there is none."""
        ends = [(answers[-1].at, answers[0].at) for answers in self._answers.values() if answers]
        return (min(one[0] for one in ends), max(one[1] for one in ends)) if ends else None

    def why(self, camera: str, time: float | str) -> Why:
        """Refuse: it needs a store.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{camera} at {time}: {NO_STORE}")

    def _forget_clip(self, camera: str, key: str, size: int) -> None:
        self._bytes -= size
        answers = self._answers[camera]
        for at, one in enumerate(answers):
            if one.key == key:
                whole = one.analysis()
                bare = replace(whole, clip=replace(whole.clip, data=None))
                answers[at] = replace(one, analysis=partial(_same, bare))
                return


def _same(analysis: Analysis) -> Analysis:
    return analysis
