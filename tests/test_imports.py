"""The picture of imports: which file may import which, and how little a bare import loads.

``python tests/test_imports.py`` prints the picture that stands in docs/design.md.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rxvlm

ROOT = Path(rxvlm.__file__).parent

# From the bottom up: a file may import what stands in a lower row, or before it in its own row. The
# shelves, and the rooms in the rows above them, do not import their neighbours.
ROWS = [
    (["errors", "uri", "text", "ticks", "arguments"], "need nothing of ours"),
    (["concurrency", "media", "display", "network"], "independent of frames and models"),
    (["frame", "window", "clip", "vlm", "analysis", "event"], "the words"),
    (["ledger"], "what became of each frame"),
    (["stream"], "an Observable with its source, its steps and its ledger"),
    (["rules"], "conditions and events"),
    (["sources", "operators", "models", "sinks"], "the shelves; none imports another"),
    (["watching", "processor", "store", "metrics"], "compositions; none imports another"),
    (["terminal", "notebook", "testing"], "faces; none imports another"),
    (["door"], "a run that other processes look at, and change"),
    (["service"], "a configuration file, and a process that runs it"),
    (["cluster"], "the same over many processes and machines"),
    (["monitor"], "a full screen that shows a run, or a store alone"),
    (["cli"], "the command line"),
    (["__main__"], "python -m rxvlm"),
]
LAYERS = [names for names, _ in ROWS]
DESIGN = Path(__file__).parent.parent / "docs" / "design.md"
STRANGERS = [name for names in LAYERS[6:9] for name in names]
HOMES = {name: home for home, names in rxvlm._HOMES.items() for name in names}


def home(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> set[str]:
    """Names of the library's modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "rxvlm":
            found |= {f"rxvlm.{HOMES.get(alias.name, alias.name)}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rxvlm."):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("rxvlm.")}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rxvlm":
            found.add(f"rxvlm.{HOMES.get(node.attr, node.attr)}")  # after a bare ``import rxvlm``
    return {module for module in found if not module.startswith("rxvlm.__")}  # as `rxvlm.__version__`


FILES = [path for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "__init__.py"]


def picture() -> str:
    """Return the rows of imports, from the bottom up, and the listing of rooms, as they stand in the docs."""
    shown = {name: f"{name}/" if (ROOT / name).is_dir() else f"{name}.py" for names in LAYERS for name in names}
    rows = [f"{' '.join(shown[name] for name in names):76}  {meaning}" for names, meaning in ROWS]
    return "\n".join([*rows, "", "rxvlm/", *listing(ROOT, "  ")])


def listing(folder: Path, indent: str) -> Iterator[str]:
    """Return a line for each folder below a folder: its name, and the first line of its docstring."""
    for inner in sorted(path.parent for path in folder.glob("*/__init__.py")):
        docstring = ast.get_docstring(ast.parse((inner / "__init__.py").read_text(encoding="utf-8"))) or ""
        yield f"{f'{indent}{inner.name}/':24}{docstring.splitlines()[0]}"
        yield from listing(inner, f"{indent}  ")


def test_the_docs_show_the_picture() -> None:
    """The picture in docs/design.md is the one that ``python tests/test_imports.py`` prints."""
    assert picture() in DESIGN.read_text(encoding="utf-8"), "docs/design.md needs what this file prints when it is run"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    """A file imports only what stands below it, and no shelf another."""
    ranks = {name: (row, column) for row, names in enumerate(LAYERS) for column, name in enumerate(names)}
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for module in imports(path):
        other = home(module)
        if other == own and (ROOT / own).is_dir():
            continue
        assert ranks[other] < ranks[own], f"{own} imports {module}"
        assert own not in STRANGERS or ranks[other][0] < ranks[own][0], f"{own} imports its neighbour {other}"


def test_a_bare_import_loads_nothing_heavy() -> None:
    """``import rxvlm`` loads none of the packages that take time."""
    heavy = ["cv2", "av", "dashscope", "rich", "httpx", "typer", "numpy", "reactivex", "pydantic"]
    code = f"import sys, rxvlm; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    """What ``__all__`` lists can be had, and is what its home module calls so."""
    for name in rxvlm.__all__:
        assert getattr(rxvlm, name) is not None
    homes = {name for names in rxvlm._HOMES.values() for name in names}
    assert sorted(homes | set(rxvlm._MODULES)) == sorted(rxvlm.__all__)


def test_type_checkers_see_every_public_name() -> None:
    """The names imported for type checkers are those that are loaded on demand."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == sorted(rxvlm.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not there fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'wtach'"):
        _ = rxvlm.wtach


def test_the_root_is_a_table_of_contents() -> None:
    """At the root of the package stand the words a user meets and what needs nothing, a dozen modules at most."""
    assert len([path for path in ROOT.glob("*.py") if not path.stem.startswith("__")]) <= 12


def test_no_file_outgrows_its_name() -> None:
    """No file is over 250 lines, and no function body over 40."""
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 250, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                assert (body[-1].end_lineno or 0) - body[0].lineno < 40, f"{path}: {node.name}"


if __name__ == "__main__":
    print(picture())
