"""Site: what a monitor shows of a run and what it may do to it, wherever that run is; and the values that it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from reactivex import Observable
from reactivex.abc import DisposableBase

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.ledger import Tally
from rxvlm.store.store import Store
from rxvlm.vlm import Piece

Item: TypeAlias = Analysis | Event

Action: TypeAlias = Literal["pause", "mute", "ask"]
"""What a monitor may do to a run."""


@dataclass(frozen=True, slots=True)
class CameraNow:
    """A camera at one moment.

    Attributes:
        tally: Its name, its state, the reason for it, and its counts.
        since: When that state began, in seconds since 1970 (UTC); None if unknown.
        paused: Since when no questions about it are asked, in seconds since 1970 (UTC); None: they are asked.
    """

    tally: Tally
    since: float | None = None
    paused: float | None = None


@dataclass(frozen=True, slots=True)
class RuleNow:
    """A rule at one moment.

    Attributes:
        name: Its name.
        muted: Until when it is muted, in seconds since 1970 (UTC); None: it is not.
    """

    name: str
    muted: float | None = None


@dataclass(frozen=True, slots=True)
class SinkNow:
    """The counts of a sink at one moment, in answers and events.

    Attributes:
        name: Its name, without secrets.
        sent: Those that it took.
        failed: Those for which it raised.
        lost: Those that it never got.
    """

    name: str
    sent: int = 0
    failed: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Now:
    """A run at one moment.

    Attributes:
        cameras: Its cameras, in the order of the run.
        rules: Its rules.
        sinks: Its sinks, with the store among them.
        troubles: A line for each model that is down.
        lost: Why the run cannot be reached any more; "": it can.
    """

    cameras: Sequence[CameraNow] = ()
    rules: Sequence[RuleNow] = ()
    sinks: Sequence[SinkNow] = ()
    troubles: Sequence[str] = field(default=())
    lost: str = ""


class Controls(Protocol):
    """What can be done to a run. Any thread may call it."""

    def paused(self) -> Mapping[str, float]:
        """Return since when each paused camera is paused, by its name, in seconds since 1970 (UTC)."""
        ...

    def muted(self) -> Mapping[str, float]:
        """Return until when each muted rule is muted, by its name, in seconds since 1970 (UTC)."""
        ...

    def pause(self, camera: str) -> None:
        """Ask no questions about a camera any more, until `resume`; what is being asked is answered.

        Raises:
            ValueError: If there is no such camera.
        """
        ...

    def resume(self, camera: str) -> None:
        """Ask about a camera again.

        Raises:
            ValueError: If there is no such camera.
        """
        ...

    def mute(self, rule: str, seconds: float) -> None:
        """Let a rule begin no event for a time; 0 seconds end that.

        Raises:
            ValueError: If there is no such rule, or the time is out of range.
        """
        ...

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Ask the camera's model about the camera's newest clip, at each subscription; the answer comes in pieces.

        Only the caller gets the answer. Of a camera that has no clip yet, the stream ends with an error.
        """
        ...


class Site(Controls, Protocol):
    """A run, or what is left of one, as a monitor sees it. Any thread may call it."""

    @property
    def title(self) -> str:
        """What is watched, in a few words: the name of a file, say."""
        ...

    @property
    def store(self) -> Store | None:
        """The store that has the history; None if there is none that this process can read. `close` closes it."""
        ...

    @property
    def refusals(self) -> Mapping[Action, str]:
        """Why an action cannot be done here, for those that cannot; they raise ValueError with that sentence."""
        ...

    def now(self) -> Now:
        """Return how all is at this moment. It is called once a second, and must not wait for anything."""
        ...

    def follow(self, listener: Callable[[Item], None]) -> DisposableBase:
        """Tell a listener of each answer and event from now on, on the thread on which it came; it returns at once.

        Where the newest answers are known, it is told of them first. Disposing of the result ends it.
        """
        ...

    def close(self) -> None:
        """Free what the monitor's side holds; the run goes on."""
        ...
