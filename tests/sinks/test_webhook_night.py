"""A night on virtual time, with a receiver that is down for six hours of it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from receiver import Posted, Receiver, Reply
from telling import JPEG, answer

from rxvlm import Clip, Event, rule
from rxvlm import operators as rxo
from rxvlm.concurrency.patience import Patience
from rxvlm.sinks.posting.receiver import Receiver as Target
from rxvlm.sinks.webhook import Webhook

HOUR = 3600.0
EVERY = 30.0  # seconds between two answers
DOWN, UP = 2 * HOUR + 7.0, 8 * HOUR + 11.0
NIGHT = 12 * HOUR
CAPACITY = 100
pytestmark = pytest.mark.usefixtures("clean_environment")


class Night:
    """Answers all night: a person comes every four minutes, and stays for two. And what became of the events."""

    def __init__(self, receiver: Receiver, status: Reply) -> None:
        self.clock, self.happened = VirtualTimeScheduler(0.0), list[str]()
        self.taken, self.tries = list[str](), 0
        self._status, self._receiver = status, receiver
        receiver.reply, receiver.told = self.reply, self.told
        patience = Patience(self.now, self.clock.sleep)
        sink = Webhook(Target(receiver.url), None, patience=patience, dice=random.Random(23))
        self.step = rxo.to(sink, capacity=CAPACITY, overflow="drop_oldest", scheduler=self.clock)

    def now(self) -> float:
        return self.clock.to_seconds(self.clock.now)

    def is_down(self) -> bool:
        return DOWN <= self.now() < UP

    def reply(self) -> Reply:
        return self._status if self.is_down() else 204

    def told(self, posted: Posted) -> None:
        self.tries += 1
        if not self.is_down():
            self.taken.append(posted.headers["webhook-id"])

    def note(self, item: Any) -> None:
        if isinstance(item, Event) and item.phase != "update":
            self.happened.append(f"{item.id}/{item.phase}/{item.count}")

    def pass_by(self) -> None:
        """Let it pass."""
        answers = Subject[Any]()
        person = rule("person", "people > 0", need=(1, 1), clear=1)
        stream = answers.pipe(rxo.with_events(person), ops.do_action(self.note), self.step)
        stream.subscribe(scheduler=self.clock)

        def tell(at: float) -> None:
            people = int(at % 240.0 < 120.0)
            clip = Clip((JPEG,), "image/jpeg", (at,), 8, 8, at, at + EVERY, captured=at + EVERY, source="yard")
            answers.on_next(answer(clip=clip, value={"people": people}))

        for number in range(int(NIGHT / EVERY)):
            at = number * EVERY
            self.clock.schedule_absolute(at, lambda *_, at=at: tell(at))
        self.clock.schedule_absolute(NIGHT, lambda *_: answers.on_completed())
        self.clock.advance_to(NIGHT + HOUR)


@pytest.mark.parametrize(("status", "given_up"), [(503, 0), ("close", 6)])
def test_a_receiver_that_is_down_for_six_hours(status: Reply, given_up: int) -> None:
    """What was lost is counted, what came is in order, and all came that the queue could hold.

    Where it only breaks off, each item is given up after an hour: the next one might be taken.
    """
    with Receiver() as receiver:
        night = Night(receiver, status)
        night.pass_by()
    step, taken, happened = night.step, night.taken, night.happened
    assert len(happened) == 2 * NIGHT / 240.0
    assert step.sent + step.failed + step.lost == len(happened)
    assert step.sent == len(taken) == len(set(taken))
    assert taken == [one for one in happened if one in set(taken)]  # in order: no end before its start
    before, after = int(DOWN / 120.0) - 1, int((NIGHT - UP) / 120.0)
    assert set(happened[:before]) | set(happened[-after - CAPACITY :]) <= set(taken)
    assert 0 < step.lost < (UP - DOWN) / 120.0 - CAPACITY + 1
    assert step.failed == given_up
    assert 6 * 60 < night.tries - step.sent < 6 * 150  # about one a minute
