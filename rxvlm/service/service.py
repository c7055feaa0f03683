"""Service: cameras, rules and sinks at work, as a file says; another file may take its place while they work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from reactivex.abc import DisposableBase
from reactivex.subject import BehaviorSubject, Subject

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.stop import Stop
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.metrics import Metrics, MetricsServer
from rxvlm.operators.asking.prompts import FixedPrompt, LatestPrompt, text_for
from rxvlm.operators.to import ToSink, to
from rxvlm.operators.with_events import with_events
from rxvlm.rules.outlet import AnyRule
from rxvlm.service.changing_rules import ChangingRules
from rxvlm.service.loading import Configuration
from rxvlm.sinks.sink import Sink
from rxvlm.stream import Origin, Stream
from rxvlm.watching.cameras import Camera
from rxvlm.watching.options import DEFAULTS
from rxvlm.watching.watch_all import watch_all

Item: TypeAlias = Analysis | Event

DRAIN_SECONDS: Final = 10.0
_STORE: Final = "store"
_WAITING: Final = 1000  # items that wait for a sink at most


class CurrentPrompt:
    """A prompt that a reload may change without opening its camera again."""

    def __init__(self, prompt: FixedPrompt) -> None:
        self.prompt = prompt

    def __call__(self, clip: Clip) -> str:
        """Return the text for a clip."""
        return text_for(self.prompt, clip)

    def __repr__(self) -> str:
        return repr(self.prompt)


class Service:
    """What a file says, at work.

    Args:
        configuration: What to do first.
        on_item: Called with each answer and event.
        on_state: Called with a camera's name, its new state and the reason.
        on_end: Called once when all has ended, with the error if there is one.

    Attributes:
        ledgers: The ledgers of all cameras that there were, by name.
        sinks: The queue and counters of each sink by its name; that of the store is called "store".
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        on_item: Callable[[Item], None],
        on_state: Callable[[str, str, str], None],
        on_end: Callable[[Exception | None], None],
    ) -> None:
        self.ledgers: dict[str, Ledger] = {}
        self.sinks: dict[str, ToSink[Item]] = {}
        self._configuration = configuration
        self._on_item, self._on_state, self._on_end = on_item, on_state, on_end
        self._stop = Stop()
        self._prompts: dict[str, CurrentPrompt] = {}
        self._cameras: dict[str, Camera] = {}
        self._mappings = BehaviorSubject[Mapping[str, Camera]]({})
        self._rules = ChangingRules({})
        self._items = Subject[Item]()
        self._sending: dict[str, tuple[object, DisposableBase]] = {}
        self._watching: DisposableBase | None = None
        self._metrics = Metrics(self.ledgers, sinks=self.sinks, rules=configuration.rules)
        self._server: MetricsServer | None = None

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: If the metrics cannot be served where the file says.
            StoreError: If the store cannot be written, or another process writes to it.
        """
        if self._configuration.store is not None:
            self._configuration.store.begin()
        self._take(self._configuration)
        self._serve(self._configuration)
        self._mappings.on_next(dict(self._cameras))
        answers = watch_all(self._mappings, ledgers=self.ledgers, stop=self._stop)
        stream = answers.pipe(with_events(self._rules, ledgers=self.ledgers, on_drop=self._on_drop))
        self._watching = stream.subscribe(self._on_next, self._on_error, self._on_completed)
        self._complete_if_over()

    def reload(self, configuration: Configuration) -> None:
        """Go on as another file says: what it says as before goes on without a gap.

        Raises:
            OSError: If the metrics cannot be served where the file says; then nothing has changed.
        """
        if configuration.words.metrics != self._configuration.words.metrics:
            self._serve(configuration)
        self._take(configuration)
        self._configuration = configuration
        self._mappings.on_next(dict(self._cameras))
        self._complete_if_over()

    def stop(self) -> None:
        """End all gently: what was filmed is asked about, and what waits is delivered."""
        self._stop.set()

    def leave(self) -> None:
        """End at once: what is being asked is given up. Sinks are given what waits for them."""
        if self._watching is not None:
            self._watching.dispose()
        self._items.on_completed()

    def wait_for_sinks(self, seconds: float) -> bool:
        """Wait until all sinks have what waited for them and are closed; return whether they are."""
        if self._server is not None:
            self._server.close()
        return all([step.wait(seconds) for step in self.sinks.values()])  # noqa: C419 - each is waited for

    def _take(self, configuration: Configuration) -> None:
        for name in [name for name in self._cameras if name not in configuration.cameras]:
            del self._cameras[name], self._prompts[name]
        for name, camera in configuration.cameras.items():
            self._take_camera(name, camera)
        self._rules.change(_by_words(configuration))
        self._take_sinks(configuration)

    def _serve(self, configuration: Configuration) -> None:
        """Serve the metrics where the file says, and no longer where it said before."""
        if self._server is not None:
            self._server.close()
        self._server = None if configuration.metrics is None else self._metrics.serve(configuration.metrics.listen)

    def _take_camera(self, name: str, camera: Camera) -> None:
        """Take a camera; if only its prompt is new, the one that runs goes on with it."""
        prompt = DEFAULTS.prompt if camera.prompt is None else camera.prompt
        if isinstance(prompt, LatestPrompt):
            raise TypeError("a file has no prompt that changes by itself")
        running = self._cameras.get(name)
        if running is not None and replace(running, prompt=None) == replace(camera, prompt=None):
            self._prompts[name].prompt = prompt
            return
        self._prompts[name] = CurrentPrompt(prompt)
        self._cameras[name] = replace(camera, prompt=self._prompts[name])
        if name not in self.ledgers:
            self.ledgers[name] = Ledger(name, self._changed)
            if _STORE in self._sending and self._configuration.store is not None:
                self._configuration.store.write.follow(self.ledgers[name])
        self.ledgers[name].state("connecting")  # also of one that had ended

    def _take_sinks(self, configuration: Configuration) -> None:
        wanted: dict[str, Sink] = dict(configuration.sinks)
        if configuration.store is not None:
            wanted[_STORE] = configuration.store.write
        for name in [name for name, (sink, _) in self._sending.items() if wanted.get(name) != sink]:
            self._sending.pop(name)[1].dispose()
        for name, sink in wanted.items():
            if name not in self._sending:
                step: ToSink[Item] = to(sink, capacity=_WAITING, drain=DRAIN_SECONDS)
                sent = Stream.of(self._items, Origin(self.ledgers)).pipe(step)
                self.sinks[name] = step
                self._sending[name] = sink, sent.subscribe()

    def _on_next(self, item: Item) -> None:
        self._metrics(item)
        self._on_item(item)
        self._items.on_next(item)

    def _on_drop(self, event: Event, reason: str) -> None:
        if reason == "disposed":  # it ran when all was left: sinks and the store are told of its end
            self._on_next(event)

    def _on_error(self, error: Exception) -> None:
        self._items.on_completed()
        self._on_end(error)

    def _on_completed(self) -> None:
        self._items.on_completed()
        self._on_end(None)

    def _changed(self, name: str, state: str, reason: str) -> None:
        self._on_state(name, state, reason)
        if state in ("ended", "failed"):
            self._complete_if_over()

    def _complete_if_over(self) -> None:
        """End when all cameras are films that have ended: no other mapping is waited for then."""
        over = [self.ledgers[name].snapshot().state in ("ended", "failed") for name in self._cameras]
        if all(over):
            self._mappings.on_completed()


def _by_words(configuration: Configuration) -> dict[Hashable, AnyRule]:
    """Return rules by what they were made of, so that one of the same words keeps its state."""
    words = configuration.words
    return {
        f"{one.name}: {words.rules[one.name]!r} {[words.cameras[name].fields for name in sorted(words.cameras)]}": one
        for one in configuration.rules
    }
