"""sink_from: make a sink from an address, as on the command line. `KINDS` is the table of schemes and sinks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rxvlm.arguments import suggest_options
from rxvlm.ledger import Ledger
from rxvlm.rules import Rule
from rxvlm.sinks.addresses import shown
from rxvlm.sinks.jsonl import write_jsonl
from rxvlm.sinks.mqtt import mqtt
from rxvlm.sinks.posting.signature import key_of
from rxvlm.sinks.sink import Sink
from rxvlm.sinks.webhook import webhook

SECRET: Final = "RXVLM_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
"""The environment variable with the secret of webhooks."""

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """The ledgers and rules behind the items of a sink.

    Attributes:
        ledgers: Where the frames of the cameras are counted, by name.
        rules: The rules that make the events.
    """

    ledgers: Mapping[str, Ledger] = field(default_factory=dict[str, Ledger])
    rules: Sequence[Rule] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sink.

    Attributes:
        form: How its address is written.
        make: Makes a sink from its address.
    """

    form: str
    make: Callable[[str, Watched], Sink]


def _jsonl(path: str, _watched: Watched) -> Sink:
    return write_jsonl(path)


def _mqtt(url: str, watched: Watched) -> Sink:
    return mqtt(url, ledgers=watched.ledgers, rules=watched.rules)


def _webhook(url: str, watched: Watched) -> Sink:
    secret = os.environ.get(SECRET) or None
    if secret is not None:
        _check(secret)
    return webhook(url, secret=secret, answers=not watched.rules)


def _check(secret: str) -> None:
    try:
        key_of(secret)
    except ValueError as error:
        raise ValueError(f"{SECRET}: {error}") from None


_WEBHOOK: Final = Kind("http://... or https://... (a webhook)", _webhook)
_BROKER: Final = Kind("mqtt://USER:PASSWORD@HOST/PREFIX", _mqtt)
_FILE: Final = Kind("a path that ends in .jsonl", _jsonl)
KINDS: Final[Mapping[str, Kind]] = {"http": _WEBHOOK, "https": _WEBHOOK, "mqtt": _BROKER, "mqtts": _BROKER}
"""The kinds of sinks that are not files, by the scheme of their address."""


@suggest_options()
def sink_from(address: str, *, ledgers: Mapping[str, Ledger] | None = None, rules: Sequence[Rule] = ()) -> Sink:
    """Make a sink from its address.

    Args:
        address: ``http://...`` or ``https://...``: a `webhook`, signed with the secret in ``RXVLM_WEBHOOK_SECRET`` if
            that is set, which gets answers only if there are no rules. Or ``mqtt://...``, ``mqtts://...``; or
            the path of a file that ends in ``.jsonl``.
        ledgers: Where the frames of the cameras are counted, by name; None if they are not known.
        rules: The rules that make the events that it will get.

    Raises:
        MissingPartError: If a package is missing that only this sink needs.
        OSError: If a file cannot be opened.
        ValueError: If no sink is known for the address, or the address is wrong.
    """
    watched = Watched(ledgers=ledgers or {}, rules=rules)
    scheme = _SCHEME.match(address)
    if scheme is None and address.endswith(".jsonl"):
        return _FILE.make(address, watched)
    kind = None if scheme is None else KINDS.get(scheme[1].lower())
    if kind is None:
        forms = dict.fromkeys(one.form for one in (*KINDS.values(), _FILE))
        raise ValueError(f"{shown(address) or repr(address)} is not a sink; write {', '.join(forms)}")
    return kind.make(address, watched)
