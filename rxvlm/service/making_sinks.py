"""Making the sinks of a file. Nothing is opened or connected before the service begins."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from rxvlm import sinks
from rxvlm.errors import MissingPartError, RxvlmError
from rxvlm.ledger import Ledger
from rxvlm.rules.rule import Rule
from rxvlm.service.configuration.document import Document
from rxvlm.service.configuration.mistakes import Key
from rxvlm.service.configuration.words import FileWords, SinkWords
from rxvlm.service.later_sink import LaterSink
from rxvlm.service.making import home, safe
from rxvlm.sinks.broker.address import BrokerAddress
from rxvlm.sinks.posting.signature import key_of
from rxvlm.sinks.sink import Sink

_WEBHOOK: Final = ("http://", "https://")
_BROKER: Final = ("mqtt://", "mqtts://")
_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "a command": ("phases", "answers"),
    "a webhook": ("phases", "answers", "picture", "secret_file"),
    "a file": ("phases", "answers"),
    "a broker": (),
}
"""The options of each kind of sink."""


@dataclass(frozen=True, slots=True)
class Made:
    """A sink, and what it was made of: a reload makes it again if that is not the same.

    Attributes:
        sink: It.
        of: Its words, its folder, its secret, and what it knows of the rules.
    """

    sink: Sink
    of: tuple[object, ...] = field(repr=False)


def make_sink(
    document: Document, name: str, file: FileWords, *, rules: Sequence[Rule], ledgers: Mapping[str, Ledger]
) -> Made | None:
    """Make a sink of its address or its command.

    Args:
        document: The document.
        name: The name of the sink.
        file: What the document says.
        rules: The rules that make the events.
        ledgers: Those of the cameras, as they are at each moment.
    """
    words, key = file.sinks[name], ("sinks", name)
    if (words.url is None) == (words.command is None):
        return None  # that is a mistake already
    kind = _kind(words)
    _check_options(document, key, words, kind)
    secret = _secret(document, key, words)
    told: object = file.rules if kind == "a broker" else kind == "a webhook" and not file.rules
    try:
        sink = _made(document, key, words, secret=secret, rules=rules, ledgers=ledgers)
    except (RxvlmError, ValueError, TypeError, OSError) as error:
        at = (*key, "command" if words.command is not None else "url")
        document.add(at, safe(document, at, str(error)))
        return None
    return Made(sink, (words, home(document, key), secret, told))


def _kind(words: SinkWords) -> str:
    if words.command is not None:
        return "a command"
    url = (words.url or "").lower()
    return "a webhook" if url.startswith(_WEBHOOK) else "a broker" if "://" in url else "a file"


def _check_options(document: Document, key: Key, words: SinkWords, kind: str) -> None:
    for option in sorted(words.model_fields_set - {"url", "command"} - set(_OPTIONS[kind])):
        having = " or ".join(one for one, options in _OPTIONS.items() if option in options)
        hint = "; {picture} in an argument is its path" if (kind, option) == ("a command", "picture") else ""
        document.add((*key, option), f"goes with {having}, and this is {kind}{hint}")


def _made(
    document: Document,
    key: Key,
    words: SinkWords,
    *,
    secret: str | None,
    rules: Sequence[Rule],
    ledgers: Mapping[str, Ledger],
) -> Sink:
    folder, kind = home(document, key), _kind(words)
    options: dict[str, Any] = words.model_dump(include={*_OPTIONS[kind]} - {"secret_file"}, exclude_none=True)
    if words.command is not None:
        program, *arguments = words.command
        if "/" in program and "{" not in program:
            program = str(folder / program)  # a path is relative to the file; what has none is looked for
        return sinks.command([program, *arguments], **options)
    url = words.url or ""
    if kind == "a webhook":
        options.setdefault("answers", not rules)  # as on the command line: without rules there is nothing else
        return sinks.webhook(url, secret=secret, **options)
    if kind == "a file" and url.endswith(".jsonl"):
        path = _writable(folder / url)
        return LaterSink(partial(sinks.write_jsonl, path), **options)
    if url.lower().startswith(_BROKER):
        BrokerAddress.parsed(url)  # what is wrong, or missing, is an error now
        if find_spec("paho") is None:
            raise MissingPartError("the sink mqtt needs paho-mqtt: pip install 'rxvlm[mqtt]'")
        return LaterSink(partial(sinks.mqtt, url, ledgers=ledgers, rules=rules))
    return sinks.sink_from(url)  # says that it is none


def _writable(path: Path) -> Path:
    """Check that a file can be written, without making it.

    Raises:
        OSError: If it cannot.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(f"{path} cannot be written")
    return path


def _secret(document: Document, key: Key, words: SinkWords) -> str | None:
    if words.secret_file is None:
        return None
    at = (*key, "secret_file")
    try:
        secret = (home(document, key) / words.secret_file).read_text(encoding="utf-8").strip()
        key_of(secret)
    except UnicodeDecodeError:
        document.add(at, "cannot be read: it is not UTF-8")
    except OSError as error:
        document.add(at, f"cannot be read: {error.strerror}")
    except ValueError as error:
        document.add(at, safe(document, at, str(error)))
    else:
        return secret
    return None
