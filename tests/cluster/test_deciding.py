"""What is decided without Ray: leases, fences, accounts, where a camera goes on, and who gets it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rxvlm import Frame, Tally
from rxvlm.cluster.deciding.account import Account
from rxvlm.cluster.deciding.fence import Fence
from rxvlm.cluster.deciding.lease import Lease
from rxvlm.cluster.deciding.placement import Load, Node, place
from rxvlm.cluster.deciding.resume import Resume, Resumed
from rxvlm.testing import frames_at


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_process_that_slept_and_woke_has_no_lease() -> None:
    """A renewal that waited in a buffer while the machine slept renews nothing: it bears a reading from before."""
    clock = Clock()
    lease = Lease(5.0, clock=clock)
    reading = lease.read()
    lease.renew(reading)
    assert lease.holds
    clock.now += 60.0
    lease.renew(reading)
    assert not lease.holds
    lease.renew(lease.read())
    assert lease.holds


@given(st.lists(st.tuples(st.floats(0.0, 4.0), st.floats(0.0, 4.0)), max_size=30))
def test_the_giver_knows_when_a_lease_is_over(steps: list[tuple[float, float]]) -> None:
    """Whatever heartbeats take: five seconds after the newest answer came, the lease is over."""
    clock = Clock()
    lease = Lease(5.0, clock=clock)
    answered = clock.now
    reading: float | None = None
    for there, back in steps:
        clock.now += there
        if reading is not None:
            lease.renew(reading)
        reading = lease.read()
        clock.now += back
        answered = clock.now
    if reading is not None:
        lease.renew(reading)  # the heartbeat after the newest answer arrives, and none comes any more
    clock.now = answered + 5.0
    assert not lease.holds


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.booleans()), max_size=60))
def test_no_window_is_admitted_twice(results: list[tuple[int, int, bool]]) -> None:
    """Whatever owners send, and whenever they change, windows are given in order, and each once."""
    fence, admitted = Fence(), list[int]()
    for generation, window, changes in results:
        if changes:
            fence.next_generation()
        if fence.admits(generation, window):
            assert generation == fence.generation
            admitted.append(window)
    assert admitted == sorted(set(admitted))
    assert fence.refused == len(results) - len(admitted)


def is_balanced(tally: Tally) -> bool:
    settled = tally.analysed + tally.failed + sum(tally.dropped.values()) + tally.skipped + tally.thinned
    return tally.captured == settled + tally.waiting + tally.in_flight + tally.unaccounted


ACTIONS = st.one_of(
    st.tuples(st.just("report"), st.integers(0, 50)),
    st.tuples(st.just("give"), st.integers(0, 9)),
    st.tuples(st.just("fail"), st.integers(0, 9)),
    st.tuples(st.just("refuse"), st.integers(0, 9)),
    st.tuples(st.just("refuse own"), st.integers(0, 9)),
    st.tuples(st.just("die"), st.just(0)),
    st.tuples(st.just("end"), st.just(0)),
)


@given(st.lists(ACTIONS, max_size=60))
def test_the_sum_holds_over_all_owners(actions: list[tuple[str, int]]) -> None:
    """Whatever is reported, given, refused or lost, in whatever order, each frame is under one term."""
    account = Account(Tally("cam", "live", ""))
    own = Tally("cam", "live", "")
    for action, frames in actions:
        if action == "report":
            own = replace(own, captured=own.captured + frames, waiting=frames // 2, skipped=own.skipped + frames // 3)
            account.report(own)
        elif action in ("give", "fail"):
            account.give(frames, failed=action == "fail")
        elif action.startswith("refuse"):
            account.refuse(frames, own=action == "refuse own")
        else:
            account.end("died" if action == "die" else "unaccounted")
            own = Tally("cam", "live", "")
        assert is_balanced(account.tally())
        assert min(account.tally().waiting, account.tally().in_flight) >= 0


def test_what_was_on_its_way_when_a_process_died_is_died() -> None:
    """Of an owner that dies, what was given counts as given, and all else that it had captured as died."""
    account = Account(Tally("cam", "live", ""))
    account.report(Tally("cam", "live", "", captured=100, analysed=60, waiting=30, in_flight=10, skipped=0))
    account.give(50, failed=False)
    account.end("died")
    tally = account.tally()
    assert (tally.captured, tally.analysed, tally.dropped) == (100, 50, {"died": 50})
    account.refuse(10, own=False)
    assert account.tally().dropped == {"died": 40, "fenced": 10}
    assert account.tally().captured == 100


def lived(times: list[float], began: float, epoch: int = 0) -> Generator[Frame]:
    for frame in frames_at(times):
        yield replace(frame, captured=began + frame.time, epoch=epoch)


def test_a_new_owner_goes_on_by_the_wall_clock() -> None:
    """Its first frame has the source's time that the wall clock says, in the next epoch."""
    first = Resumed(Resume(), every=1.0)
    assert [frame.time for frame in first(lived([0.0, 1.0, 2.0], began=500.0))] == [0.0, 1.0, 2.0]
    resume = Resume().seen(began=first.began, time=2.0, epoch=first.epoch)
    second = Resumed(resume, every=1.0)
    frames = list(second(lived([0.0, 1.0], began=507.5)))
    assert [(frame.time, frame.epoch) for frame in frames] == [(7.5, 1), (8.5, 1)]
    assert second.began == 500.0


def test_time_never_goes_back_over_a_move() -> None:
    """Where the new owner's clock is behind, time goes on from the newest that there was."""
    resumed = Resumed(Resume(began=500.0, time=60.0, epoch=3), every=1.0)
    frames = list(resumed(lived([0.0, 1.0], began=510.0)))
    assert [(frame.time, frame.epoch) for frame in frames] == [(60.0, 3), (61.0, 3)]


def test_a_film_goes_on_behind_the_last_window_given() -> None:
    """Frames of windows that were given are left out; the others stay as they are."""
    resumed = Resumed(Resume(after=2_000_000), every=1.0)
    assert [frame.time for frame in resumed(frame for frame in frames_at([0.0, 1.0, 2.0, 3.5]))] == [2.0, 3.5]


def test_a_camera_is_released_at_the_edge_of_a_window() -> None:
    """After the release, the window that goes on gets all its frames, and no other begins."""
    resumed = Resumed(Resume(), every=2.0)
    given: list[float] = []
    for frame in resumed(lived([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], began=500.0)):
        given.append(frame.time)
        if frame.time == 0.5:
            resumed.release()
    assert given == [0.0, 0.5, 1.0, 1.5]


def test_machines_share_cameras() -> None:
    """A machine without a shard gets the next camera, then the shard with fewest, and a full one none."""
    one, two = Node("one", 2), Node("two", 2)
    assert place([one, two], [Load(0, "one", 1)], 5) == two
    assert place([one, two], [Load(0, "one", 1), Load(1, "two", 3)], 5) == Load(0, "one", 1)
    assert place([one, two], [Load(0, "one", 5), Load(1, "two", 5), Load(2, "two", 5)], 5) == one


def test_a_machine_that_is_emptied_or_has_no_cpu_gets_no_camera() -> None:
    """Only machines with CPUs that are to stay are chosen; None if there is none."""
    gone, head = Node("gone", 2, usable=False, draining=True), Node("head", 0)
    assert place([gone, head], [Load(0, "gone", 0)], 5) is None
    assert place([gone, head, Node("new")], [Load(0, "gone", 0)], 5) == Node("new")
