"""webhook: send events as HTTP requests to a server of the user."""

from __future__ import annotations

import logging
import math
import random
import threading
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import quote

from rxvlm.concurrency.patience import Patience
from rxvlm.errors import SinkError
from rxvlm.event import Phase
from rxvlm.sinks.posting.cloud_event import MEDIA_TYPE, Message, message_of
from rxvlm.sinks.posting.outcome import Outcome
from rxvlm.sinks.posting.receiver import Receiver
from rxvlm.sinks.posting.signature import key_of, signed
from rxvlm.sinks.sink import Item
from rxvlm.sinks.wishes import Wishes

_log = logging.getLogger("rxvlm")
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds, before jitter shortens them
AWAY_SECONDS: Final = 86_400.0
"""How long one item is tried behind a queue while the receiver is away; the queue loses its oldest if it is full."""
FAILING_SECONDS: Final = 3600.0
"""How long if the receiver fails at it, and might take the next one."""
PLAIN_SECONDS: Final = 30.0
"""How long it is tried where the caller waits for it."""
CLOSE_SECONDS: Final = 10.0
_GRACE_SECONDS: Final = 0.5  # for a call to return when its time is up
_LOG_SECONDS: Final = 60.0


class Webhook:
    """Posts items to a receiver, one after another; the result of `webhook`.

    Args:
        receiver: Where to send them.
        key: The key of their signature; None for no signature.
        wishes: The items to send; None for starts and ends of events.
        picture: Whether to send the newest picture, too.
        patience: The clock of its pauses.
        dice: The random numbers for jitter.
    """

    def __init__(
        self,
        receiver: Receiver,
        key: bytes | None,
        *,
        wishes: Wishes | None = None,
        picture: bool = False,
        patience: Patience | None = None,
        dice: random.Random | None = None,
    ) -> None:
        self._receiver, self._key, self._picture = receiver, key, picture
        self._wishes = wishes or Wishes()
        self._patience = patience or Patience()
        self._dice = dice or random.Random()  # noqa: S311 - not for secrets
        self._busy = threading.Lock()
        self._gone = self._away = False
        self._stuck = False  # whether `close` left a call behind that nothing can end, such as one to resolve a name
        self._said = -math.inf  # when an outage was said

    def __repr__(self) -> str:
        return f"webhook({self._receiver.shown!r})"

    def takes(self, item: Item) -> bool:
        """Return whether an item is one of those to send."""
        return self._wishes.include(item)

    def open(self) -> None:
        """Try each item for a longer time: the caller has a queue."""
        self._patience.enter()

    def __call__(self, item: Item) -> None:
        """Send an item, and try again while the receiver cannot take it.

        Raises:
            SinkError: If the receiver refuses it, or could not take it for too long.
            TypeError: If it is neither an analysis nor an event.
        """
        if not self.takes(item):
            return
        with self._busy:
            if self._stuck:
                self._begin_anew()
            self._deliver(message_of(item, picture=self._picture))

    def test(self, item: Item) -> str:
        """Send an item once, and return the reply in words.

        Raises:
            SinkError: If the receiver did not take it.
        """
        with self._busy:
            outcome = self._post(message_of(item, picture=self._picture))
        said = f"{outcome.said}, after {outcome.took:.2f} s"
        if not outcome.taken:
            raise SinkError(said)
        return said

    def finish(self, seconds: float) -> None:
        """Limit the item that is being sent, and all later ones, to this number of seconds in all."""
        self._patience.end_within(seconds)

    def close(self) -> None:
        """End the item that is being sent within 10 s, and close the connections. The next item opens new ones.

        If several queues opened it, the last one closes it.
        """
        if not self._patience.leave():
            return
        self._patience.end_within(CLOSE_SECONDS)
        self._stuck = not self._busy.acquire(timeout=CLOSE_SECONDS + _GRACE_SECONDS)
        if not self._stuck:
            self._begin_anew()
            self._busy.release()

    def _begin_anew(self) -> None:
        self._stuck = False
        self._receiver.close()
        self._patience.renew()

    def _deliver(self, message: Message) -> None:
        if self._gone:
            raise SinkError(f"{self._receiver.name} has answered 410 Gone; nothing is sent to it any more")
        if not self._patience.left():
            raise SinkError(f"{self._receiver.name}: no time was left to send it")
        began, pauses = self._patience.now(), self._pauses()
        while not (outcome := self._post(message)).taken:
            self._gone = outcome.gone
            pause = max(next(pauses), outcome.after)
            left = min(began + self._longest(outcome) - self._patience.now(), self._patience.left())
            if not outcome.again or pause >= left:
                raise SinkError(f"{self._receiver.name}: {outcome.said}")
            self._tell(outcome)
            if self._patience.wait(pause):
                pauses = self._pauses()
        self._tell(outcome)

    def _post(self, message: Message) -> Outcome:
        number = quote(message.id, safe="/:@!$&'()*+,;=-._~")  # a header is ASCII
        headers = signed(number, message.body, self._receiver.wall(), self._key)
        return self._receiver.post(message.body, {"Content-Type": MEDIA_TYPE, **headers}, self._patience.left())

    def _longest(self, outcome: Outcome) -> float:
        """Return for how many seconds an item is tried."""
        return PLAIN_SECONDS if not self._patience.users else AWAY_SECONDS if outcome.away else FAILING_SECONDS

    def _pauses(self) -> Iterator[float]:
        """Return the seconds to wait before each further try: at most 0.5, 1, 2, ... 60, by jitter half as long."""
        longest = FIRST_PAUSE
        while True:
            yield longest * self._dice.uniform(0.5, 1.0)
            longest = min(2 * longest, LONGEST_PAUSE)

    def _tell(self, outcome: Outcome) -> None:
        """Say in the log when an outage begins, at most once a minute, and when it has ended."""
        now = self._patience.now()
        if outcome.taken and self._away:
            self._away = False
            _log.warning("%s: it takes events again", self._receiver.name)
        elif not outcome.taken and not self._away and now - self._said >= _LOG_SECONDS:
            self._away, self._said = True, now
            _log.warning("%s: %s; trying again", self._receiver.name, outcome.said)


def webhook(
    url: str,
    *,
    secret: str | None = None,
    phases: Collection[Phase] = ("start", "end"),
    answers: bool = False,
    picture: bool = False,
) -> Webhook:
    """Make a sink that posts events to an address, as CloudEvents signed by Standard Webhooks.

    >>> webhook("https://user:password@hooks.example.com/services/key", phases=["start"])
    webhook('https://hooks.example.com/...')

    The body is a CloudEvent 1.0 in structured JSON, whose ``data`` is the JSON form of the event (see
    docs/how-to/webhooks.md). Items are sent one after another, so the end of an event never arrives before its start.
    If the receiver cannot take an item (no connection, 408, 425, 429, 500 and above), it is sent again after at most
    0.5, 1, 2, 4, ... 60 s, with jitter, and not before its Retry-After. Behind `rxvlm.operators.to`, whose queue bounds
    the waiting items, this goes on for a day while the receiver cannot be reached, and for an hour if it fails;
    otherwise for 30 s. Other errors and redirects are not tried again. After 410, nothing more is sent.

    Args:
        url: ``http://...`` or ``https://...``; a login in it is sent as Basic authentication.
        secret: The key of the signature: ``whsec_`` and the base64 of 24 to 64 bytes. None for no signature.
        phases: Which of ``"start"``, ``"update"`` and ``"end"`` of an event to send; an empty list for answers only.
        answers: Whether to send every analysis, too; never an analysis with `Analysis.marks`.
        picture: Whether ``data`` has the newest picture that the model saw, as base64 of a JPEG, under ``picture``.

    Returns:
        A sink. Its repr, its errors and the log show only scheme, host and port of the address.

    Raises:
        TypeError: If ``url`` or ``secret`` is not a string.
        ValueError: If the address is not ``http://`` or ``https://``, a phase is unknown, nothing would be sent, or
            ``secret`` is malformed.
    """
    for name, given in (("url", url), ("secret", "" if secret is None else secret)):
        if not isinstance(given, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
            raise TypeError(f"{name} must be a string, not {type(given).__name__}")
    wishes = Wishes.of("webhook", phases, answers=answers)
    key = None if secret is None else key_of(secret)
    return Webhook(Receiver(url), key, wishes=wishes, picture=picture)
