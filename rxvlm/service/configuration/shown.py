"""What holds in the end: a file with its defaults, its included files, and without its secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import tomli_w

from rxvlm.service.configuration.checking import model_of
from rxvlm.service.configuration.document import Document
from rxvlm.service.configuration.mistakes import Key
from rxvlm.service.configuration.words import CameraDefaults, FileWords, Words
from rxvlm.uri import without_secrets
from rxvlm.watching.options import DEFAULTS

_ADDRESSES: Final = frozenset({"uri", "url", "use", "command"})  # texts that may have a password in them


def show(document: Document, words: FileWords) -> str:
    """Return what a file says, in TOML: every option with its value, secrets hidden.

    A value that came from the environment is shown as it stands in the file, as ``${NAME}``.
    """
    tables: dict[str, Any] = {"cameras": {}, "models": {}, "rules": {}, "sinks": {}}
    for name, camera in words.cameras.items():
        given = dict(_shown(document, ("cameras", name), camera))
        ours = {key: getattr(DEFAULTS, key) for key in CameraDefaults.model_fields if hasattr(DEFAULTS, key)}
        named = {"uri": given.pop("uri"), "model": model_of(camera, words.models)}
        tables["cameras"][name] = _without_none({**named, **ours, **given})
    for section in ("models", "rules", "sinks"):
        for name, table in getattr(words, section).items():
            tables[section][name] = dict(_shown(document, (section, name), table))
    for section in ("store", "metrics"):
        if (table := getattr(words, section)) is not None:
            tables[section] = dict(_shown(document, (section,), table))
    return tomli_w.dumps({section: table for section, table in tables.items() if table})


def _shown(document: Document, key: Key, words: Words) -> Iterator[tuple[str, Any]]:
    for name, value in words.model_dump(mode="json", exclude_none=True).items():
        yield name, _hidden(document, (*key, name), value)


def _hidden(document: Document, key: Key, value: object) -> object:
    """Return a value as it may be shown: as written where the environment gave it, an address without secrets."""
    from_defaults = ("defaults", *key[2:]) if key[0] == "cameras" else key
    as_written = document.as_written(key) or document.as_written(from_defaults)
    if as_written is not None:
        return without_secrets(as_written)
    if isinstance(value, list):
        return [_hidden(document, (*key, number), one) for number, one in enumerate(cast("list[object]", value))]
    return without_secrets(value) if isinstance(value, str) and _ADDRESSES & set(key) else value


def _without_none(table: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in table.items() if value is not None}
