"""One limit and one breaker for all shards: what a keeper grants, and what happens when it is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

import pytest
from conftest import wait_until

from rxvlm import Clip, Vlm, errors, vlm_from
from rxvlm.cluster import recipe
from rxvlm.cluster.limits.keeper import GATHER_SECONDS, Keeper
from rxvlm.cluster.limits.sharing import Sharing
from rxvlm.cluster.limits.wish import Wish
from rxvlm.models import breaker, limit
from rxvlm.models.limiting.rate import AdaptiveRate
from rxvlm.testing import Say, scripted
from rxvlm.vlm import ask_model


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def wish(shard: int, want: int, **facts: Any) -> Wish:
    return Wish("m", facts.pop("rate", AdaptiveRate(60.0, None, None, 0.1)), shard, want, **facts)


def granted(keeper: Keeper, *wishes: Wish) -> list[int]:
    return [one.requests for one in keeper.grant(list(wishes))]


def test_a_rate_is_shared() -> None:
    """Two shards together get what the limit allows, and not each of them."""
    clock = Clock()
    keeper, sent = Keeper(began_again=False, clock=clock), 0
    for _ in range(600):
        sent += sum(granted(keeper, wish(0, 4), wish(1, 4)))
        clock.now += 0.1
    assert 59 <= sent <= 61


def test_places_are_shared_and_come_back() -> None:
    """Of two places, one shard holds both until it says that one is free; a shard that is silent loses its own."""
    clock = Clock()
    keeper, rate = Keeper(began_again=False, clock=clock), AdaptiveRate(None, None, 2, 0.1)
    assert granted(keeper, wish(0, 8, rate=rate), wish(1, 8, rate=rate)) == [2, 0]
    assert granted(keeper, wish(0, 0, held=1, rate=rate), wish(1, 8, rate=rate)) == [0, 1]
    clock.now += 11.0
    assert granted(keeper, wish(1, 8, held=1, rate=rate)) == [1]


def test_a_model_that_is_busy_slows_all_shards() -> None:
    """After one shard's request was refused, no shard is granted any for as long as the model said."""
    clock = Clock()
    keeper = Keeper(began_again=False, clock=clock)
    assert granted(keeper, wish(0, 1)) == [1]
    clock.now += 5.0
    assert granted(keeper, wish(0, 0, refused=((0, 7.0),)), wish(1, 1)) == [0, 0]
    clock.now += 6.9
    assert granted(keeper, wish(1, 1)) == [0]
    clock.now += 0.2
    assert granted(keeper, wish(1, 1)) == [1]


def test_a_keeper_that_was_started_again_first_gathers_what_is_held() -> None:
    """Until every shard has said what it holds, nothing is granted: so no place is given twice."""
    clock, rate = Clock(), AdaptiveRate(None, None, 2, 0.1)
    keeper = Keeper(began_again=True, clock=clock)
    assert granted(keeper, wish(0, 1, rate=rate)) == [0]
    clock.now += GATHER_SECONDS - 0.1
    assert granted(keeper, wish(1, 0, held=2, rate=rate)) == [0]
    clock.now += 0.2
    assert granted(keeper, wish(0, 1, rate=rate)) == [0]
    assert granted(keeper, wish(1, 0, held=1, rate=rate), wish(0, 1, rate=rate)) == [0, 1]


CLIP = Clip(b"film", "video/mp4", (0.0,), 16, 16, 0.0, 1.0, source="a")


class Shards:
    """Two shards that made the same model, and the keeper that they ask."""

    def __init__(self, make: Callable[[], Vlm]) -> None:
        self.keeper: Keeper | None = Keeper(began_again=False)
        self.models: list[Any] = []
        self.sharings: list[Sharing] = []
        self.calls = 0
        for number in range(2):
            sharing, model = Sharing(number, self.ask), make()
            sharing.share(recipe("rxvlm.models:opencv"), model)
            self.sharings.append(sharing)
            self.models.append(model)

    def ask(self, method: str, *args: Any) -> Any:
        self.calls += 1
        if self.keeper is None:
            raise ConnectionError("the keeper is away")
        return getattr(self.keeper, method)(*args)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sharing in self.sharings:
            sharing.close()


def test_a_limit_holds_over_two_shards() -> None:
    """Of one place for all, two shards never have two calls at a time, and all questions are answered."""
    running, most, lock, answers = [0], [0], threading.Lock(), list[str]()

    def answer(_clip: Clip, _prompt: str) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.01)  # a call takes a while, so that another could come meanwhile
        with lock:
            running[0] -= 1
        return "yes"

    with Shards(lambda: limit(vlm_from(answer), max_concurrent=1)) as shards:
        for model in shards.models * 5:
            ask_model(model, CLIP, "?").subscribe(lambda piece: answers.append(piece.text))
        wait_until(lambda: len(answers) == 10)
    assert most == [1]


def test_without_its_keeper_nothing_goes_beyond_a_limit() -> None:
    """While the keeper is away, what was granted is used up and no more goes; it goes on when it is there again."""
    script = scripted(Say("yes", seconds=0.0))
    with Shards(lambda: limit(script, max_concurrent=5)) as shards:
        shards.keeper = None
        heard: list[str] = []
        ask_model(shards.models[0], CLIP, "?").subscribe(lambda piece: heard.append(piece.text))
        before = shards.calls
        wait_until(lambda: shards.calls > before + 1)
        assert not script.asked
        shards.keeper = Keeper(began_again=False)
        wait_until(lambda: heard == ["yes"])


def test_a_breaker_that_one_shard_opens_is_open_for_all() -> None:
    """Failures of both shards count together, and an outage is known to the other one within its next look."""
    down = scripted(errors.ModelUnreachableError("nobody is there"))
    with Shards(lambda: breaker(down, failures=2, open_for=600.0)) as shards:
        failed: list[Exception] = []
        for model in shards.models:
            ask_model(model, CLIP, "?").subscribe(on_error=failed.append)
        wait_until(lambda: len(failed) == 2)
        wait_until(lambda: all(model.circuit.outage is not None for model in shards.models))
        asked = len(down.asked)
        for model in shards.models:
            ask_model(model, CLIP, "?").subscribe(on_error=failed.append)
        wait_until(lambda: len(failed) == 4)
    assert [type(error) for error in failed[2:]] == [errors.ModelOpenError] * 2
    assert len(down.asked) == asked == 2


def test_one_probe_for_all_shards() -> None:
    """When an outage may be over, one shard tries the model, and the other does not."""
    script = scripted(errors.ModelUnreachableError("nobody is there"), Say("yes", seconds=600.0))
    with Shards(lambda: breaker(script, failures=1, open_for=0.001)) as shards:
        failed: list[Exception] = []
        ask_model(shards.models[0], CLIP, "?").subscribe(on_error=failed.append)
        wait_until(lambda: all(model.circuit.outage is not None for model in shards.models))
        probe = ask_model(shards.models[0], CLIP, "?").subscribe(on_error=failed.append)
        wait_until(lambda: len(script.asked) == 2)
        ask_model(shards.models[1], CLIP, "?").subscribe(on_error=failed.append)
        wait_until(lambda: len(failed) == 2)
        probe.dispose()
    assert isinstance(failed[1], errors.ModelOpenError)
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("what", "may"),
    [("opencv", False), ("openai:m@vllm", False), ({"use": "opencv"}, True), ("rxvlm.models:opencv", True)],
)
def test_a_keeper_is_only_needed_where_there_may_be_a_limit(what: Any, *, may: bool) -> None:
    """A model that is only named has neither a limit nor a breaker."""
    assert recipe(what).may_limit is may
