"""run: a service in the main thread, with its signals, until it ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final
from weakref import WeakKeyDictionary

from rxvlm.analysis import Analysis
from rxvlm.door.door import Door
from rxvlm.door.trust import why_not_trusted
from rxvlm.errors import ConfigurationError, RxvlmError
from rxvlm.event import Event
from rxvlm.ledger.states import FLOWING
from rxvlm.operators.to import ToSink
from rxvlm.service.files import Files
from rxvlm.service.inside import open_door, store_path
from rxvlm.service.journal import Journal
from rxvlm.service.last_states import LastStates
from rxvlm.service.loading import Configuration, load
from rxvlm.service.muting import Muting
from rxvlm.service.sending import DRAIN_SECONDS, Item
from rxvlm.service.service import Service
from rxvlm.service.showing import ENDING, RunScreen, Showing
from rxvlm.service.systemd import Notifier

_LOOK_SECONDS: Final = 0.2
_STATUS_SECONDS: Final = 5.0
_LOSSES_SECONDS: Final = 60.0
_SOON: Final = 0.5  # seconds
_FAILED: Final = 1
_CODES: Final = {signal.SIGTERM: 0, signal.SIGINT: 130}


def run(
    configuration: Configuration,
    journal: Journal | None = None,
    *,
    reload: bool = False,
    screen: RunScreen | None = None,
    door: bool = True,
) -> int:
    """Watch as a file says until a signal comes, or all its films have ended.

    SIGTERM and Ctrl-C let what was filmed be asked about and what waits be delivered, for 10 seconds at most. SIGHUP
    reads the file again. A service manager that listens gets a message about all this.

    Args:
        configuration: What `load` returns.
        journal: Where is said what happens; None for lines on stderr.
        reload: Whether the file is read again when it, or a file that it includes, changes.
        screen: What shows the run in the main thread; None: nothing does.
        door: Whether a socket is opened, at which other processes of the user may look at the run, pause, mute and ask.

    Returns:
        The exit code: 0 after SIGTERM, and if all films ended; 1 if a camera failed; 130 after Ctrl-C.
    """
    running = Running(configuration, journal or Journal(), reload=reload, screen=screen, door=door)
    return running.until_end()


class Running:
    """One run of a service; see `run`."""

    def __init__(
        self,
        configuration: Configuration,
        journal: Journal,
        *,
        reload: bool,
        screen: RunScreen | None = None,
        door: bool = True,
    ) -> None:
        self._configuration, self._journal = configuration, journal
        self._notifier = Notifier()
        self._files = Files(configuration.files) if reload else None
        self._asked: list[int] = []
        self._screen = screen
        self._showing = None if screen is None else Showing(screen, self._asked)
        self._ended = threading.Event()
        self._failed = False
        self._losses = WeakKeyDictionary[ToSink[Item], int]()  # what was said of each
        self.service = Service(configuration, on_item=self._on_item, on_state=self._on_state, on_end=self._on_end)
        self._muting = Muting(self.service.controls.muted, self._journal.on_mute)
        self._states = LastStates(self._tell_state)
        self._wants_door = door
        self._door: Door | None = None

    def until_end(self) -> int:
        """Work until the end; return the exit code."""
        with self._signals():
            self.service.start()
            if self._wants_door:
                self._door = open_door(self._configuration, self.service, self._journal.say)
            self._notifier.ready(self._status())
            if self._screen is not None:
                self._screen.begin(self._configuration, self.service)
            number = self._wait() if self._showing is None else self._showing.until_left(self._wait)
            self._notifier.stopping()
            self._drain()
            self._states.look(0.0)
            if self._door is not None:
                self._door.close("the run has ended")
        self._say_losses()
        if number is None:
            return _FAILED if self._failed else 0
        return self._codes[signal.Signals(number)]

    def _wait(self) -> int | None:
        """Do what is due until the end; return the signal that asked for it, or None if all has ended."""
        due = {self._notifier.alive: self._notifier.watchdog_seconds, self._tell_status: _STATUS_SECONDS}
        due |= {self._say_losses: _LOSSES_SECONDS, self._muting.look: _SOON, self._states.look: _SOON}
        ticking = [_Tick(action, seconds) for action, seconds in due.items() if seconds is not None]
        while not self._ended.wait(_LOOK_SECONDS) and not (self._showing is not None and self._showing.is_left):
            asked, self._asked[:] = list(self._asked), []
            if ending := [number for number in asked if number in self._codes]:
                return ending[0]
            if asked or (self._files is not None and self._files.have_changed()):
                self.reload()  # once, however often it was asked for
            for tick in ticking:
                tick.look()
        return None

    @property
    def _codes(self) -> Mapping[signal.Signals, int]:
        """The exit codes of the signals that end it."""
        return _CODES if self._showing is None else ENDING

    def reload(self) -> None:
        """Read the file again. If it has mistakes, or must not be trusted, nothing changes."""
        self._notifier.reloading()
        self._say_losses()  # of sinks that are replaced, too
        files = Files(self._configuration.files)  # before they are read: what is written meanwhile is a change
        try:
            new = load(self._configuration.path, former=self._configuration)
            _check_trust(new)
            self._configuration = self.service.reload(new)
        except (RxvlmError, OSError) as error:
            self._journal.say(f"{error}\nthe file is refused; everything goes on as before", "error")
        else:
            self._journal.say(f"{new.path} was read again: {self._status()}")
            if self._door is not None:
                self._door.follow(store_path(self._configuration), self._configuration.cameras)
        if self._files is not None:
            self._files = files.with_more(self._configuration.files)
        self._notifier.ready(self._status())

    def _drain(self) -> None:
        """Let what was filmed be answered and delivered, for 10 seconds at most; a second signal does not wait."""
        until = time.monotonic() + DRAIN_SECONDS
        self.service.stop()
        self._wait_for(self._ended, until - DRAIN_SECONDS / 2)
        self.service.leave()
        while time.monotonic() < until and not self._asked:
            if self.service.wait_for_sinks(_LOOK_SECONDS):
                break

    def _wait_for(self, event: threading.Event, until: float) -> None:
        while not self._asked and (left := until - time.monotonic()) > 0:
            if event.wait(min(left, _LOOK_SECONDS)):
                return

    @contextmanager
    def _signals(self) -> Generator[None]:
        """Note the signals that come while it runs; what they did before is restored."""

        def note(number: int, _frame: FrameType | None) -> None:
            self._asked.append(number)

        before = {number: signal.signal(number, note) for number in (*_CODES, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _status(self) -> str:
        states = [self.service.ledgers[name].snapshot().state for name in self._configuration.cameras]
        well = sum(state in FLOWING for state in states)
        return f"{len(states)} camera{'s' * (len(states) != 1)}, {well} sending frames"

    def _tell_status(self) -> None:
        self._notifier.status(self._status())

    def _say_losses(self) -> None:
        """Say what sinks did not take since it was said last."""
        for name, step in self.service.sending.steps():
            missing = step.failed + step.lost
            if missing > self._losses.get(step, 0):
                self._journal.say(f"sink {name}: {missing:,} of {step.sent + missing:,} were not taken", "warning")
                self._losses[step] = missing

    def _on_item(self, item: Item) -> None:
        camera = item.camera if isinstance(item, Event) else item.clip.source
        ledger = self.service.ledgers.get(camera)
        self._journal.on_item(item, ledger.snapshot().time if ledger is not None else 0.0)
        if self._screen is not None:
            self._screen.on_item(item)
        if self._door is not None and not (isinstance(item, Analysis) and item.marks):
            self._door.tell(item)

    def _on_state(self, camera: str, state: str, reason: str) -> None:
        self._failed = self._failed or state == "failed"
        self._states.put(camera, state, reason)

    def _tell_state(self, camera: str, state: str, reason: str) -> None:
        self._journal.on_state(camera, state, reason)
        if self._door is not None:
            self._door.tell_state(camera, state, reason)

    def _on_end(self, error: Exception | None) -> None:
        self._failed = self._failed or error is not None
        self._ended.set()


class _Tick:
    """An action that is done again after so many seconds."""

    def __init__(self, action: Callable[[], None], seconds: float) -> None:
        self._action, self._seconds = action, seconds
        self._last = time.monotonic()

    def look(self) -> None:
        """Do it if it is due."""
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last = now
            self._action()


def _check_trust(configuration: Configuration) -> None:
    """Check that no other user can write files that may run commands.

    Where there are included files or command sinks, every file must belong to the user.

    Raises:
        ConfigurationError: If one may be written by others.
    """
    runs_commands = any(sink.command is not None for sink in configuration.words.sinks.values())
    if len(configuration.files) > 1 or runs_commands:
        whys = [(path, why_not_trusted(path)) for path in configuration.files]
        if distrusted := tuple(f"{path}: {why}" for path, why in whys if why):
            raise ConfigurationError(distrusted)
