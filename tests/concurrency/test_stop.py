from __future__ import annotations

import threading

import pytest

from rxvlm import Stop

WATCHDOG = 30.0


def test_it_is_set_once_and_for_ever() -> None:
    """A Stop is not set, then set, and stays so."""
    stop = Stop()
    assert not stop.is_set()
    stop.set()
    stop.set()
    assert stop.is_set()


def test_each_listener_is_told_once() -> None:
    """Every listener is called when it is set, and not again."""
    stop, told = Stop(), list[str]()
    stop.listen(lambda: told.append("one"))
    stop.listen(lambda: told.append("two"))
    assert told == []
    stop.set()
    stop.set()
    assert told == ["one", "two"]


def test_who_listens_later_is_told_at_once() -> None:
    """A listener that comes after it was set is called before `listen` returns."""
    stop, told = Stop(), list[str]()
    stop.set()
    stop.listen(lambda: told.append("late")).dispose()
    assert told == ["late"]


def test_who_is_disposed_of_is_left_alone() -> None:
    """A listener that was disposed of is not called; others are, and disposing again does nothing."""
    stop, told = Stop(), list[str]()
    one = stop.listen(lambda: told.append("one"))
    stop.listen(lambda: told.append("two"))
    one.dispose()
    one.dispose()
    stop.set()
    assert told == ["two"]


def test_a_listener_may_listen_and_leave() -> None:
    """No lock is held over a listener: it may listen anew, and leave."""
    stop, told = Stop(), list[str]()
    done = threading.Event()

    def listener() -> None:
        stop.listen(lambda: told.append("again"))
        other.dispose()
        told.append("first")

    stop.listen(listener)
    other = stop.listen(lambda: told.append("other"))
    threading.Thread(target=lambda: (stop.set(), done.set()), daemon=True).start()
    assert done.wait(WATCHDOG)
    assert told[:2] == ["again", "first"]


def test_a_listener_that_raises_keeps_none_from_stopping(caplog: pytest.LogCaptureFixture) -> None:
    """What one listener raises is logged; the others are told all the same."""
    stop, told = Stop(), list[str]()

    def bad() -> None:
        raise RuntimeError("bad listener")

    stop.listen(bad)
    stop.listen(lambda: told.append("two"))
    stop.set()
    assert told == ["two"]
    assert "bad listener" in caplog.text


def test_set_and_listen_on_many_threads_tell_everyone_once() -> None:
    """However `set` and `listen` meet, each listener is called exactly once."""
    for _ in range(200):
        stop, told = Stop(), list[int]()
        go = threading.Barrier(3)

        def listen(number: int, stop: Stop = stop, told: list[int] = told, go: threading.Barrier = go) -> None:
            go.wait(WATCHDOG)
            stop.listen(lambda: told.append(number))

        threads = [threading.Thread(target=listen, args=(number,), daemon=True) for number in range(2)]
        for thread in threads:
            thread.start()
        go.wait(WATCHDOG)
        stop.set()
        for thread in threads:
            thread.join(WATCHDOG)
        assert sorted(told) == [0, 1]
