"""Sharing: the limits and breakers inside the models of one shard, held together with those of all others."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from rxvlm.cluster.limits.shared_circuit import AskKeeper, SharedCircuit
from rxvlm.cluster.limits.shared_rate import SharedRate
from rxvlm.cluster.recipe import Recipe
from rxvlm.concurrency.threads import daemon
from rxvlm.models.breaker import BreakerVlm
from rxvlm.models.combining.nesting import models_in
from rxvlm.models.limit import LimitVlm
from rxvlm.models.limiting.limiter import Limiter
from rxvlm.models.limiting.rate import AdaptiveRate
from rxvlm.vlm import Vlm

_LOOK_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 0.02  # between two asks for one limit that grants too little
_log = logging.getLogger("rxvlm")


class Sharing:
    """What one shard asks the keeper of limits for, on a thread of its own.

    Args:
        shard: The number of the shard.
        ask: Calls the keeper.
    """

    def __init__(self, shard: int, ask: AskKeeper) -> None:
        self._shard, self._ask = shard, ask
        self._wanted, self._closed = threading.Event(), threading.Event()
        self._rates: dict[str, SharedRate] = {}
        self._circuits: dict[str, SharedCircuit] = {}
        daemon(f"rxvlm-shard-{shard}-limits", self.close)(self._run).start()

    def share(self, recipe: Recipe, model: Vlm) -> None:
        """Let each limit and each breaker inside a model hold over all shards.

        Args:
            recipe: What made the model; equal recipes share their limits.
            model: The model; it must not have been asked yet.
        """
        for key, part in _keyed(recipe, model):
            if isinstance(part, LimitVlm) and key not in self._rates:
                part.limiter.share(partial(self._rate, key, part.limiter))
            elif isinstance(part, BreakerVlm) and key not in self._circuits:
                self._circuits[key] = part.circuit = SharedCircuit(part.circuit, key, self._ask)

    def close(self) -> None:
        """Ask for nothing more."""
        self._closed.set()
        self._wanted.set()

    def _rate(self, key: str, limiter: Limiter, own: AdaptiveRate) -> SharedRate:
        self._rates[key] = SharedRate(key, own, self._shard, limiter, self._wanted)
        return self._rates[key]

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._closed.is_set():
            self._wanted.wait(self._seconds(looked))
            self._wanted.clear()
            now = time.monotonic()
            if now - looked >= _LOOK_SECONDS:
                looked = now
                for circuit in list(self._circuits.values()):
                    circuit.look()
            self._ask_for_more(now)

    def _seconds(self, looked: float) -> float:
        """Return for how long to wait: until a limit may grant what it did not, at most until the next look."""
        now = time.monotonic()
        due = [rate.due - now for rate in list(self._rates.values()) if rate.due > now]
        return max(_AGAIN_SECONDS, min([looked + _LOOK_SECONDS - now, *due]))

    def _ask_for_more(self, now: float) -> None:
        rates = list(self._rates.values())
        if not rates:
            return
        wishes = [rate.wish(now) for rate in rates]
        try:
            granted = self._ask("grant", wishes)
        except Exception as error:  # noqa: BLE001 - the keeper is away, and is started again: nothing is granted
            _log.debug("the keeper of limits is not reached: %s", type(error).__name__)
            self._closed.wait(_LOOK_SECONDS / 2)
            self._wanted.set()
            return
        for rate, wish, one in zip(rates, wishes, granted, strict=True):
            rate.take(wish, one, now)


def _keyed(recipe: Recipe, model: Vlm) -> Iterator[tuple[str, Vlm]]:
    """Iterate over the models inside a model, each with a key that is equal in all shards."""
    section = recipe.section
    if section is not None and section.get("fallback"):
        sections: list[Any] = [
            {key: value for key, value in section.items() if key != "fallback"},
            *section["fallback"],
        ]
        for one, part in zip(sections, getattr(model, "models", ()), strict=True):
            yield from _keyed(Recipe(one if isinstance(one, str) else {**one}, {}), part)
        return
    name = hashlib.sha256(recipe.key.encode()).hexdigest()[:16]
    for number, part in enumerate(models_in(model)):
        yield f"{name}-{number}", part
