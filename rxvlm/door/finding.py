"""find: the socket of the run that is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rxvlm.door.connection import Connection
from rxvlm.door.places import SUFFIX, runtime_folder, sockets_in
from rxvlm.errors import DoorError

_HOW: Final = "a run is started with: rxvlm run watch.toml"


def find(
    name: str | None = None, *, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Connection:
    """Connect to the run of a name, or to the only one that there is.

    Args:
        name: What the run is called (the name of its file, without ``.toml``), or the path of its socket or of its
            store. None: the only run of this user.
        environment: Has ``XDG_RUNTIME_DIR``, where runs are looked for; None: that of the process.
        folder: Where they are looked for, too; None: the working directory.

    Raises:
        DoorError: If there is no such run, or several; the message says what to do.
    """
    here = Path.cwd() if folder is None else folder
    runtime = runtime_folder(environment)
    looked = f"looked in {here}" + ("" if runtime is None else f" and {runtime}")
    if name is not None:
        return _named(name, [one for one in (runtime, here) if one is not None], looked)
    found = list(_answering([*(() if runtime is None else sockets_in(runtime)), *sockets_in(here)]))
    if len(found) == 1:
        return found[0]
    for one in found:
        one.close()
    if not found:
        raise DoorError(f"no run is there that a monitor could be attached to ({looked}); {_HOW}")
    names = sorted(one.name for one in found)
    raise DoorError(f"several runs are there: {', '.join(names)}; say which: rxvlm monitor --attach {names[0]}")


def _named(name: str, folders: list[Path], looked: str) -> Connection:
    given = Path(name)
    paths = [given, Path(f"{name}{SUFFIX}")] if given.name != name or given.exists() else []
    paths += [folder / f"{name}{SUFFIX}" for folder in folders]
    paths += [path for folder in folders for path in sockets_in(folder) if path not in paths]
    others: list[str] = []
    for path in paths:
        if not path.is_socket():
            continue
        try:
            connection = Connection(path)
        except DoorError as error:
            if path.name in (name, f"{name}{SUFFIX}", given.name):
                raise
            others.append(str(error))
            continue
        if connection.name == name or path in (given, Path(f"{name}{SUFFIX}")):
            return connection
        others.append(connection.name)
        connection.close()
    there = f"; there are {', '.join(sorted(set(others)))}" if others else ""
    raise DoorError(f"no run is called {name!r} ({looked}){there}")


def _answering(paths: list[Path]) -> Iterator[Connection]:
    """Connect to those that answer: a socket that a killed run left behind does not."""
    for path in paths:
        try:
            yield Connection(path)
        except DoorError:
            continue
