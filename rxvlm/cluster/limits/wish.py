"""What shards and the keeper of limits say to each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from rxvlm.models.breaking.circuit import Outage
from rxvlm.models.limiting.rate import AdaptiveRate


@dataclass(frozen=True, slots=True)
class Wish:
    """What a shard wants of a limit, and what has become of what it was granted.

    Attributes:
        key: Which limit.
        rate: What it is, as it was made: for a keeper that does not know it.
        shard: The number of the shard.
        want: How many requests it could send now.
        tokens: What one costs, estimated.
        held: How many requests are in flight, or were granted and not sent yet.
        correction: Tokens that were spent beyond what was estimated; negative if fewer.
        answered: The slow-downs of requests that were answered; see `AdaptiveRate.answered`.
        refused: The slow-downs of requests for which the model was too busy, each with the seconds that it said.
    """

    key: str
    rate: AdaptiveRate
    shard: int
    want: int = 0
    tokens: float = 0.0
    held: int = 0
    correction: float = 0.0
    answered: tuple[int, ...] = ()
    refused: tuple[tuple[int, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Granted:
    """What a limit grants.

    Attributes:
        requests: How many requests may be sent.
        slowdowns: How often the rate was lowered before.
        wait: Seconds after which to ask again, if there are too few.
    """

    requests: int
    slowdowns: int = 0
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class CircuitWords:
    """What a breaker is, for a keeper that does not know it.

    Attributes:
        key: Which breaker.
        name: The model's name.
        failures: How many failures open it.
        within: Seconds in which they do.
        open_for: Seconds until the first probe.
    """

    key: str
    name: str
    failures: int
    within: float
    open_for: float


@dataclass(frozen=True, slots=True)
class CircuitState:
    """How a breaker is.

    Attributes:
        phase: Its phase; see `rxvlm.models.breaking.circuit.Circuit`.
        outage: The present outage; None while the model may be asked.
        result: What the call returned.
    """

    phase: int
    outage: Outage | None
    result: Outage | int | None = field(default=None)
