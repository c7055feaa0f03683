from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.subject import Subject

from rxvlm import each


def test_async_for_takes_what_any_thread_gives() -> None:
    """Items from other threads reach the event loop in order, each once."""

    async def heard() -> list[int]:
        return [item async for item in each(reactivex.interval(0.001).pipe(ops.take(50)))]

    assert asyncio.run(heard()) == list(range(50))


def test_async_for_raises_what_the_stream_fails_with() -> None:
    """The error comes after the items before it."""
    heard: list[int] = []

    async def hear() -> None:
        async for item in each(reactivex.concat(reactivex.just(1), reactivex.throw(KeyError("x")))):
            heard.append(item)  # noqa: PERF401 - what came before the error is looked at

    with pytest.raises(KeyError):
        asyncio.run(hear())
    assert heard == [1]


def test_async_for_never_holds_the_stream_up() -> None:
    """When there is no room for more items, the oldest are lost and passed to ``on_drop``."""
    lost: list[tuple[int, str]] = []

    async def hear() -> list[int]:
        many = reactivex.from_iterable(range(10))  # all come before the loop takes one
        return [item async for item in each(many, capacity=3, on_drop=lambda item, why: lost.append((item, why)))]

    assert asyncio.run(hear()) == [7, 8, 9]
    assert lost == [(number, "overflow") for number in range(7)]


def test_leaving_the_loop_leaves_the_stream() -> None:
    """Closing the generator disposes of the stream; items that come later have no effect."""
    left: list[bool] = []
    giving: Subject[int] = Subject()
    endless = giving.pipe(ops.finally_action(lambda: left.append(True)))

    async def hear() -> None:
        async with aclosing(each(endless)) as items:
            asyncio.get_running_loop().call_soon(giving.on_next, 1)
            async for _ in items:
                break

    asyncio.run(hear())
    giving.on_next(2)
    assert left == [True]


def test_a_capacity_below_1_is_refused() -> None:
    """The capacity must be at least 1."""

    async def hear() -> None:
        async for _ in each(reactivex.never(), capacity=0):
            raise AssertionError

    with pytest.raises(ValueError, match="at least 1"):
        asyncio.run(hear())
