"""The page on the command line has what the commands take; docstrings of public names have units."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
from public_names import SHELVES, public

import rxvlm
from rxvlm.cli.app import app

ROOT = Path(__file__).parent.parent
CLI_PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
APP: Any = typer.main.get_command(app)  # of click, or of what typer has in its place
COMMANDS: dict[str, Any] = APP.commands

UNIT = re.compile(
    r"\b(seconds?|minutes?|epoch|pixels?|bytes?|bits?|tokens?|frames?|windows?|clips?|calls?|asks?|items?|pictures?"
    r"|requests?|tries|parts|threads?|reconnects|times)\b"
    r"|\b(at least|at most|above|below|less than|from 0|number of|how (many|often))\b"
    r"|\b\d[\d.]*( \(\w+\))? to [\d`]",
    re.IGNORECASE,
)
"""Matches words that say what a number counts or measures, or its range."""

SHAPE = re.compile(r"\(height, width(, 3)?\)|\bshape\b")
NO_MEASURE = {"seed", "port", "status"}
"""Names of numbers that neither count nor measure."""


OPTION_ROW = re.compile(r"^\| `(--[\w-]+)[^`]*`(.*)$", re.MULTILINE)


def section(command: str) -> str:
    found = re.search(rf"^## `rxvlm {command}`\n(.*?)(?=^## |\Z)", CLI_PAGE, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def test_the_page_on_the_command_line_has_every_command() -> None:
    """Its headings are the commands that `rxvlm --help` lists."""
    assert set(re.findall(r"^## `rxvlm (\w+)`", CLI_PAGE, re.MULTILINE)) == set(COMMANDS)
    assert "`rxvlm --version`" in CLI_PAGE


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_on_the_command_line_has_every_option(command: str) -> None:
    """A command's table has the options of its help, and what they are unless given."""
    told = dict(OPTION_ROW.findall(section(command)))
    if command == "monitor":  # it also has the options of watch, except those about the table and the lines
        watch = dict(OPTION_ROW.findall(section("watch")))
        told |= {name: rest for name, rest in watch.items() if name not in ("--json", "--pictures")}
    taken = {one.opts[0]: one.default for one in COMMANDS[command].params}
    options = {name: default for name, default in taken.items() if name.startswith("--")}
    assert set(told) == set(options)
    for option, default in options.items():
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        assert default in (None, False) or shown in told[option], option


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Return the public methods and properties of a class and of those of its bases that are ours."""
    for base in owner.__mro__:
        for name, member in vars(base).items() if base.__module__.startswith("rxvlm") else ():
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)
            if inspect.isfunction(function) and not name.startswith("_"):
                yield f"{base.__module__}.{base.__qualname__}.{name}", function


def described() -> dict[str, Any]:
    """Return every public class, function, method and property, by its full name."""
    found: dict[str, Any] = {}
    for shelf in SHELVES:
        for _, thing in public(shelf):
            if inspect.isclass(thing) or inspect.isfunction(thing):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
            if inspect.isclass(thing):
                found |= members(thing)
    return found


DESCRIBED = described()


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_is_public_has_a_docstring(name: str) -> None:
    """Every public class, function, method and property has a docstring."""
    assert DESCRIBED[name].__doc__


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.__name__)
def test_other_public_names_have_a_docstring(shelf: ModuleType) -> None:
    """A public module has a docstring; a constant and an alias have one behind their assignment."""
    assert shelf.__doc__
    homes = {name: shelf.__name__ for name, _ in public(shelf)}
    for node in ast.walk(ast.parse(inspect.getsource(shelf))):
        if isinstance(node, ast.ImportFrom) and node.module:
            homes |= {alias.name: node.module for alias in node.names if alias.name in homes}
    homes = {name: _defined_in(home, name) for name, home in homes.items()}
    for name, thing in public(shelf):
        if inspect.ismodule(thing):
            assert thing.__doc__, name
        elif not inspect.isclass(thing) and not inspect.isfunction(thing):
            assert name in documented(import_module(homes[name])), name


def _defined_in(home: str, name: str) -> str:
    """Follow a name through the packages that only export it."""
    for node in ast.walk(ast.parse(inspect.getsource(import_module(home)))):
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == name for alias in node.names):
            return _defined_in(node.module, name) if node.module.startswith("rxvlm.") else home
    return home


def documented(module: ModuleType) -> set[str]:
    """Return the names that are assigned in a module and followed by a docstring."""
    body = ast.parse(inspect.getsource(module)).body
    said = [(node, after) for node, after in pairwise(body) if isinstance(after, ast.Expr)]
    return {node.target.id for node, _ in said if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}


def annotated(thing: Any) -> dict[str, str]:
    """Return the annotations of a function's arguments, or of those of a class's constructor."""
    if is_dataclass(thing):
        return {field.name: str(field.type) for field in fields(thing)}
    if inspect.isclass(thing) and ("__init__" not in vars(thing) or "see `" in (thing.__doc__ or "")):
        return {}  # the base class, or the function that makes it, has these docs
    own = thing.__init__ if inspect.isclass(thing) else thing  # not its signature: that spells out options, too
    return {name: str(kind) for name, kind in own.__annotations__.items() if name != "return"}


def part(doc: str, *headings: str) -> str:
    """Return the part of a docstring under some of the headings."""
    parts = re.findall(rf"^(?:{'|'.join(headings)}):\n((?:(?: .*)?\n)*)", f"{doc}\n", re.MULTILINE)
    return "\n".join(map(inspect.cleandoc, parts))


def complaints(thing: Any) -> Iterator[str]:
    """Yield the numbers without unit or range, and the arrays without shape, in a docstring."""
    doc = inspect.getdoc(thing) or ""
    listed = part(doc, "Args", "Attributes")
    entries = dict(re.findall(r"^(\w+):(.*(?:\n .*)*)", listed, re.MULTILINE))
    said = {name: (kind, entries.get(name, "" if listed else doc)) for name, kind in annotated(thing).items()}
    if inspect.isfunction(thing):
        said["return"] = str(thing.__annotations__.get("return")), part(doc, "Returns") or doc
    for name, (annotation, text) in said.items():
        kind = re.sub(r"Callable\[.*", "", annotation)
        if re.search(r"\b(float|int)\b", kind) and name not in NO_MEASURE and not UNIT.search(text):
            yield f"{name}: {kind}: no unit and no range in {text!r}"
        if re.search(r"\b(Image|NDArray|ndarray)\b", kind) and not SHAPE.search(text):
            yield f"{name}: {kind}: no shape in {text!r}"


@pytest.mark.parametrize(
    "name",
    list(DESCRIBED),
)
def test_a_number_has_a_unit_and_an_array_a_shape(name: str) -> None:
    """A docstring says for every number what it counts or measures, or its range, and for an array its shape."""
    assert list(complaints(DESCRIBED[name])) == []


def test_the_rule_finds_what_it_is_for() -> None:
    """A number without a unit and an array without a shape are found; those with one are not."""

    def bad(wait: float, picture: rxvlm.testing.Image) -> int:
        """Do something.

        Args:
            wait: How long.
            picture: What to do it to.

        Returns:
            What came of it.
        """
        raise NotImplementedError(wait, picture)

    def good(wait: float | None, picture: rxvlm.testing.Image) -> int:
        """Do something.

        Args:
            wait: Seconds until
                it is done.
            picture: BGR ``uint8`` (height, width, 3).

        Returns:
            How many there were.
        """
        raise NotImplementedError(wait, picture)

    assert [complaint.split(":")[0] for complaint in complaints(bad)] == ["wait", "picture", "return"]
    assert list(complaints(good)) == []
