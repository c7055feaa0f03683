"""HTTP addresses: snapshots, films and cameras; which of them it is, is seen when it is subscribed to."""

from __future__ import annotations

import logging
from collections.abc import Generator
from functools import partial
from itertools import count
from typing import Final

from rxvlm.concurrency.backoff import Backoff
from rxvlm.errors import SourceBrokenError, SourceError, UriError
from rxvlm.frame import Frame
from rxvlm.sources.film import film_in, frames_of_film
from rxvlm.sources.network import HLS_SECONDS, connect, frames_of_stream, open_network
from rxvlm.sources.running.arrivals import Arrival, frames_of_arrivals
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.reconnect import Connect, Nothing
from rxvlm.sources.web.look import Kind, look
from rxvlm.sources.web.pictures import jpegs, poll
from rxvlm.uri import Address, without_secrets

_log = logging.getLogger("rxvlm")

POLL_SECONDS: Final = 1.0
_LONGEST_POLL: Final = 86_400.0
_FILM: Final = {"reconnect": "1", "reconnect_delay_max": "5"}  # a server may hang up while the film waits for a model


def check_http(where: Address) -> float:
    """Return the seconds between two pictures of an address that is polled: ``#every=2`` after it, or 1.

    Raises:
        UriError: If they are no number above 0.
    """
    text = where.query.get("every", str(POLL_SECONDS))
    try:
        every = float(text)
    except ValueError:
        every = 0.0
    if not 0 < every <= _LONGEST_POLL:
        raise UriError(f"{where.safe}: every is a number of seconds above 0, not {text}", where.safe)
    return every


def frames_of_http(where: Address, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Find out what an address is, wait until it answers, and read its frames.

    Raises:
        SourceError: If it is a film that cannot be read to its end; a subclass says why.
    """
    kind = _look_until_it_answers(where, session)
    if kind is None:
        return
    session.found(live=kind is not Kind.FILM)
    if kind is Kind.FILM:
        yield from _film(where, name, width, session)
    elif kind is Kind.SNAPSHOT:
        yield from frames_of_arrivals(partial(poll, where, check_http(where), session), name, session)
    elif kind is Kind.JPEGS:
        yield from frames_of_arrivals(partial(jpegs, where, width, session), name, session)
    elif kind is Kind.PLAYLIST:
        yield from frames_of_stream(_playlist(where, width, session), name, session, bursts=True)
    else:
        yield from frames_of_stream(partial(connect, where, width, on_damage=session.damage), name, session)


def _film(where: Address, name: str, width: int | None, session: Session) -> Generator[Frame]:
    shown = False
    with open_network(where, silence=HLS_SECONDS, options=_FILM) as container:
        stream = film_in(container, where.safe)
        try:
            for frame in frames_of_film(stream, where.safe, name=name, width=width, session=session):
                shown = True
                yield frame
        except SourceBrokenError as error:
            if shown or "mp4" not in container.format.name:
                raise
            raise SourceError(
                f"{where.safe} cannot be read from its start: its index is at its end, and its server does not send "
                "parts of a file (byte ranges); download it, or write it with ffmpeg -movflags +faststart",
                where.safe,
            ) from error


def _playlist(where: Address, width: int | None, session: Session) -> Connect[Arrival]:
    """Return the connection to a playlist; refuse one that now has an end, since it is not played again as a film."""
    looked = count()

    def connect_again() -> Generator[Arrival | Nothing]:
        if next(looked) and look(where) is Kind.FILM:
            raise SourceError(f"{where.safe} has ended", where.safe)
        yield from connect(where, width, silence=HLS_SECONDS, on_damage=session.damage)

    return connect_again


def _look_until_it_answers(where: Address, session: Session) -> Kind | None:
    """Return what an address is; None if the session ends before it answers."""
    backoff = Backoff()
    session.state("connecting")
    while not session.ending:
        try:
            return look(where)
        except Exception as error:  # noqa: BLE001 - nothing may end what may be a live source
            if not isinstance(error, SourceError):
                _log.exception("looking at %s failed, and is tried again", where.safe)
            session.state("waiting", without_secrets(str(error)))
        session.wait(backoff.wait())
    return None
