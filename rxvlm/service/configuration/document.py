"""Reading a file and the files that it includes into one document; nothing is checked yet but its form."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from rxvlm.service.configuration.environment import FromEnvironment, fill_in
from rxvlm.service.configuration.mistakes import Key, Mistake, found

_BY_NAME: Final = ("cameras", "models", "rules", "sinks")
"""The tables that hold tables by name, which several files may share."""


@dataclass(slots=True)
class Document:
    """What a file and those that it includes say.

    Attributes:
        path: The file.
        tables: Its tables, with those of the included files.
        mistakes: What could not be read.
        files: The files that were read, in order.
        homes: The file of each table.
        names: What files are called in mistakes, where that is not their path: the environment named them.
        written: Texts as they stand in the file, by key, in which variables of the environment were filled in.
    """

    path: Path
    tables: dict[str, Any] = field(default_factory=dict[str, Any])
    mistakes: list[Mistake] = field(default_factory=list[Mistake])
    files: list[Path] = field(default_factory=list[Path])
    homes: dict[Key, Path] = field(default_factory=dict[Key, Path])
    names: dict[Path, str] = field(default_factory=dict[Path, str])
    written: dict[Key, str] = field(default_factory=dict[Key, str])

    def home(self, key: Key) -> Path:
        """Return the file in which a key stands."""
        return self.homes.get(key[:2]) or self.homes.get(key[:1], self.path)

    def as_written(self, key: Key) -> str | None:
        """Return a text as it stands in the file, if variables of the environment were filled in; else None."""
        return self.written.get(key)

    def from_environment(self, key: Key) -> bool:
        """Return whether a value, or a part of it, came from the environment."""
        return any(one[: len(key)] == key for one in self.written)

    def add(self, key: Key, what: str) -> None:
        """Add a mistake, unless the same key has one already: the first is the cause."""
        if not any(one.key == key for one in self.mistakes):
            self.add_in(self.home(key), key, what)

    def add_in(self, path: Path, key: Key, what: str) -> None:
        """Add a mistake in one of the files."""
        self.mistakes.append(Mistake(self.name(path), key, what))

    def name(self, path: Path) -> str:
        """Return what a file is called in mistakes."""
        return self.names.get(path, str(path))


def read(path: Path, environment: Mapping[str, str] | None = None) -> Document:
    """Read a file and those that it includes.

    Args:
        path: A file in TOML.
        environment: The variables that ``${NAME}`` names; None: those of the process.
    """
    document = Document(path)
    _read_into(document, path, os.environ if environment is None else environment, ())
    return document


def _read_into(document: Document, path: Path, environment: Mapping[str, str], chain: tuple[Path, ...]) -> None:
    resolved = path.resolve()
    if resolved in (one.resolve() for one in chain):
        document.add_in(chain[-1], ("include",), f"{Path(document.name(path)).name} includes itself")
        return
    if resolved in (one.resolve() for one in document.files):
        return  # two files may include the same third one
    tables = _parsed(document, path)
    if tables is None:
        return
    document.files.append(path)
    included = tables.pop("include", [])
    for key, value in tables.items():
        _join(document, path, environment, key, value)
    for one in _included(document, path, included, environment):
        _read_into(document, one, environment, (*chain, path))


def _parsed(document: Document, path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError as error:
        what = f"is not UTF-8: byte {error.start} is wrong"
    except tomllib.TOMLDecodeError as error:
        what = f"is not TOML: {error}"
    except RecursionError:
        what = "is not TOML: its lists or tables are nested too deep"
    document.add_in(path, (), what)
    return None


def _included(document: Document, path: Path, included: object, environment: Mapping[str, str]) -> list[Path]:
    paths: list[Path] = []
    for name in cast("list[object]", included) if isinstance(included, list) else [included]:
        if not isinstance(name, str):
            document.add_in(path, ("include",), f"expected a list of files, found {found(name)}")
            continue
        try:
            paths.append(path.parent / fill_in(name, environment))
        except ValueError as error:
            document.add_in(path, ("include",), str(error))
            continue
        if "${" in name:
            document.names[paths[-1]] = str(path.parent / name)
    return paths


def _join(document: Document, path: Path, environment: Mapping[str, str], key: str, value: object) -> None:
    """Add a table of a file to the document. What stands in two files is a mistake."""
    if key not in _BY_NAME or not isinstance(value, dict):
        if key in document.tables:
            document.add_in(path, (key,), f"stands in {document.name(document.home((key,)))}, too")
            return
        document.homes[(key,)] = path
        document.tables[key] = _filled_in(document, (key,), value, environment)
        return
    shared = document.tables.setdefault(key, {})
    for name, table in cast("dict[str, object]", value).items():
        if not isinstance(shared, dict) or name in shared:
            document.add_in(path, (key, name), f"stands in {document.name(document.home((key, name)))}, too")
            continue
        document.homes[(key, name)] = path
        shared[name] = _filled_in(document, (key, name), table, environment)


def _filled_in(document: Document, key: Key, value: object, environment: Mapping[str, str]) -> object:
    """Return a value with the environment's variables in its texts."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {name: _filled_in(document, (*key, name), one, environment) for name, one in items}
    if isinstance(value, list):
        ones = enumerate(cast("list[object]", value))
        return [_filled_in(document, (*key, number), one, environment) for number, one in ones]
    if not isinstance(value, str) or "${" not in value:
        return value
    try:
        text = fill_in(value, environment)
    except ValueError as error:
        document.add(key, str(error))
        return value
    document.written[key] = value
    return FromEnvironment(text)
