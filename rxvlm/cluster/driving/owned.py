"""Owned: a camera, as the process that subscribes sees it: who has it, what has come of it, and where it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rxvlm.cluster.deciding.account import Account
from rxvlm.cluster.deciding.fence import Fence, window_of
from rxvlm.cluster.deciding.resume import Resume
from rxvlm.cluster.driving.member import Member
from rxvlm.cluster.task import Given, Report, Task
from rxvlm.ledger import Entry, Ledger, StateChange


@dataclass(eq=False)
class Owned:
    """A camera or film. Called with the driver's lock held.

    Attributes:
        task: What its owner is told.
        ledger: Where its frames are counted here.
        account: Its frames, over all owners.
        fence: Which of its results count.
        resume: Where the next owner goes on.
        member: Its owner; None while it has none.
        over: Whether it has ended.
        paused: Whether its owner was told to pause asking.
        moved: Whether its present owner was not the first, and has not said yet that frames come.
    """

    task: Task
    ledger: Ledger
    account: Account = field(init=False)
    fence: Fence = field(default_factory=Fence)
    resume: Resume = field(default_factory=Resume)
    member: Member | None = None
    over: bool = False
    moved: bool = False
    paused: bool = False

    def __post_init__(self) -> None:
        self.account = Account(self.ledger.snapshot())

    @property
    def is_homeless(self) -> bool:
        """Whether it needs an owner."""
        return self.member is None and not self.over

    def give_to(self, member: Member) -> Task:
        """Give it to an owner; return the task."""
        self.member, self.paused = member, False
        member.cameras.add(self.task.camera)
        return replace(self.task, generation=self.fence.next_generation(), resume=self.resume)

    def take_away(self, reason: str) -> None:
        """Take it away from its owner: nothing that it still sends counts, and what it had left is lost."""
        if self.member is not None:
            self.member.cameras.discard(self.task.camera)
            self.member = None
            self.fence.next_generation()
            self.account.end(reason)
        self._mirror()

    def change(self, task: Task) -> None:
        """Begin again, with another source or other options."""
        self.task, self.resume, self.over, self.moved = task, Resume(), False, False
        self.fence.forget()

    def take(self, given: Given) -> bool:
        """Take a result; return whether it counts."""
        clip, own = given.analysis.clip, given.generation == self.fence.generation
        counts = self.fence.admits(given.generation, window_of(clip))
        if counts:
            self.account.give(clip.fresh, failed=given.analysis.error is not None)
            self.resume = self.resume.given(clip)
        else:
            self.account.refuse(clip.fresh, own=own)
        self._mirror()
        return counts

    def hear(self, report: Report) -> bool:
        """Take what its owner says of it; return whether that is still its owner."""
        if report.generation != self.fence.generation:
            return False
        self.account.report(report.tally)
        if report.tally.captured:
            self.resume = self.resume.seen(began=report.began, time=report.tally.time, epoch=report.epoch)
        self._mirror()
        return True

    def pass_on(self, entry: Entry) -> None:
        """Tell the listeners here what the ledger there has told. Called without a lock: they are the user's code."""
        if not isinstance(entry, StateChange):
            self.ledger.decide(entry)
        elif entry.state != "paused" and not (self.moved and entry.state == "connecting"):
            self.moved = False  # until then the state says why it moved; a pause is known here
            self.ledger.state(entry.state, entry.reason)

    def _mirror(self) -> None:
        self.ledger.mirror(self.account.tally())
