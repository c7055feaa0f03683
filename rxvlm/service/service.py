"""Service: cameras, rules and sinks at work, as a file says; another file may take its place while they work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from reactivex.abc import DisposableBase
from reactivex.subject import BehaviorSubject

from rxvlm.analysis import Analysis
from rxvlm.concurrency.stop import Stop
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.ledger.states import OVER
from rxvlm.metrics import Metrics, MetricsServer
from rxvlm.operators.asking.prompts import LatestPrompt
from rxvlm.operators.with_events import with_events
from rxvlm.rules.mutes import Mutes
from rxvlm.rules.outlet import AnyRule
from rxvlm.service.changing_rules import ChangingRules
from rxvlm.service.configuration.words import MetricsWords
from rxvlm.service.current_prompt import CurrentPrompt
from rxvlm.service.loading import Configuration
from rxvlm.service.sending import Item, Sending
from rxvlm.vlm import Vlm
from rxvlm.watching.cameras import Camera
from rxvlm.watching.controls import Asked, Controls
from rxvlm.watching.embedded import given_or_embedded
from rxvlm.watching.options import DEFAULTS


class Service:
    """What a file says, at work.

    Args:
        configuration: What to do first.
        on_item: Called with each answer and event.
        on_state: Called with a camera's name, its new state and the reason.
        on_end: Called once when all has ended, with the error if there is one.

    Attributes:
        ledgers: The ledgers of all cameras that there were, by name.
        sending: Its sinks; that of the store is called "store".
        configuration: What it does.
        controls: What can be done to it: pausing, muting, asking in between.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        on_item: Callable[[Item], None],
        on_state: Callable[[str, str, str], None],
        on_end: Callable[[Exception | None], None],
    ) -> None:
        self.ledgers = configuration.ledgers
        self.sending = Sending(self.ledgers)
        self.configuration = configuration
        self._on_item, self._on_state, self._on_end = on_item, on_state, on_end
        self._stop = Stop()
        self._prompts: dict[str, CurrentPrompt] = {}
        self._cameras: dict[str, Camera] = {}
        self._mappings = BehaviorSubject[Mapping[str, Camera]]({})
        self._rules = ChangingRules({})
        self._watching: DisposableBase | None = None
        self._present: dict[str, Ledger] = {}  # of the cameras that there are
        self.controls = Controls(
            self._present,
            asked=self._asked,
            rules=self.rule_names,
            on_answer=self._on_asked,
            mutes=Mutes(),
        )
        self._metrics = Metrics(self.ledgers, sinks=self.sending.sinks, rules=configuration.rules)
        self._server: MetricsServer | None = None

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: If the metrics cannot be served where the file says.
            StoreError: If the store cannot be written, or another process writes to it.
        """
        self._begin(self.configuration)
        self._take(self.configuration)
        self._mappings.on_next(dict(self._cameras))
        on_clip, watch = self.controls.on_clip, self.configuration.watch
        answers = watch(self._mappings, ledgers=self.ledgers, stop=self._stop, on_clip=on_clip)
        rules = with_events(self._rules, ledgers=self.ledgers, on_drop=self._on_drop, mutes=self.controls.mutes)
        stream = answers.pipe(rules)
        self._watching = stream.subscribe(self._on_next, self._on_error, self._on_completed)
        self._complete_if_over()

    def reload(self, configuration: Configuration) -> Configuration:
        """Go on as another file says: what it says as before goes on without a gap.

        Returns:
            What holds now: a store of the same file is the one that there was, with its new bounds.

        Raises:
            OSError: If the metrics cannot be served where the file says; then nothing has changed.
            StoreError: If its store cannot be written, or another process writes to it; then nothing has changed.
        """
        before, new = self.configuration.store, configuration.store
        if before is None or new is None or before.path.resolve() != new.path.resolve():
            self._begin(configuration)
        else:
            self._begin(replace(configuration, store=None))
            before.write.become(new.write)
            configuration = replace(configuration, store=before)
        self._take(configuration)
        self._metrics.change_rules(configuration.rules)
        self.configuration = configuration
        self._mappings.on_next(dict(self._cameras))
        self._complete_if_over()
        return configuration

    @property
    def metrics_url(self) -> str | None:
        """Where the metrics are served; None: nowhere."""
        return None if self._server is None else self._server.url

    def stop(self) -> None:
        """End all gently: what was filmed is asked about, and what waits is delivered."""
        self._stop.set()

    def leave(self) -> None:
        """End at once: what is being asked is given up. Sinks are given what waits for them."""
        if self._watching is not None:
            self._watching.dispose()
        self.sending.complete()

    def wait_for_sinks(self, seconds: float) -> bool:
        """Wait until all sinks have what waited for them and are closed; return whether they are."""
        if self._server is not None:
            self._server.close()
        return self.sending.wait(seconds)

    def _begin(self, configuration: Configuration) -> None:
        """Do what may fail, before anything changes: open the store, and serve the metrics."""
        if configuration.store is not None:
            self.sending.free_store()
            configuration.store.begin()
        try:
            self._serve(configuration.metrics)
        except OSError:
            if configuration.store is not None:
                configuration.store.close()
            raise

    def _take(self, configuration: Configuration) -> None:
        for name in [name for name in self._cameras if name not in configuration.cameras]:
            del self._cameras[name], self._prompts[name]
            self._present.pop(name).resume()  # one of its name that comes later is another
            self.controls.forget(name)
        for name, camera in configuration.cameras.items():
            self._take_camera(name, camera)
        self._rules.change(_by_words(configuration))
        self.sending.take(configuration.sinks, configuration.store)

    def _serve(self, metrics: MetricsWords | None) -> None:
        """Serve the metrics where the file says; if that cannot be, they stay where they are."""
        before, served = self._server, self.configuration.metrics
        if before is not None and metrics == served:
            return
        if before is not None:
            before.close()  # first: the new address may have the same port
        try:
            self._server = None if metrics is None else self._metrics.serve(metrics.listen)
        except OSError:
            self._server = None if before is None or served is None else self._metrics.serve(served.listen)
            raise

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
            self.sending.follow(self.ledgers[name])
        self._present[name] = self.ledgers[name]
        self.ledgers[name].state("connecting")  # also of one that had ended

    def rule_names(self) -> list[str]:
        """Return the names of the rules."""
        return [rule.name for rule in self.configuration.rules]

    def models(self) -> list[Vlm]:
        """Return the models of the cameras."""
        return [camera.model for camera in self.configuration.cameras.values() if camera.model is not None]

    def _asked(self, camera: str) -> Asked:
        """Return who is asked about a camera in between: its model, without its fields."""
        watched = self._cameras[camera]
        return Asked(given_or_embedded(watched.model), watched.timeout or DEFAULTS.timeout)

    def _on_asked(self, analysis: Analysis) -> None:
        """Take the answer to a question in between: it was billed; no rule and no sink but the store gets it."""
        self._metrics(analysis)
        self._on_item(analysis)
        self.sending.keep(analysis)

    def _on_next(self, item: Item) -> None:
        self._metrics(item)
        self._on_item(item)
        self.sending.send(item)

    def _on_drop(self, event: Event, reason: str) -> None:
        if reason == "disposed":  # it was running at the end of everything: sinks and the store get its end
            self._on_next(event)

    def _on_error(self, error: Exception) -> None:
        self.sending.complete()
        self._on_end(error)

    def _on_completed(self) -> None:
        self.sending.complete()
        self._on_end(None)

    def _changed(self, name: str, state: str, reason: str) -> None:
        self._on_state(name, state, reason)
        if state in OVER:
            self._complete_if_over()

    def _complete_if_over(self) -> None:
        """End when all cameras are films that have ended: no other mapping is waited for then."""
        over = [self.ledgers[name].snapshot().state in OVER for name in self._cameras]
        if all(over):
            self._mappings.on_completed()


def _by_words(configuration: Configuration) -> dict[Hashable, AnyRule]:
    """Return rules by what they were made of, so that one of the same words keeps its state.

    Which fields its cameras have only matters to the check of its condition.
    """
    return {f"{one.name}: {configuration.words.rules[one.name]!r}": one for one in configuration.rules}
