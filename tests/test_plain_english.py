"""The words of the docs, the help texts, the errors and the docstrings: plain ones, and the same on every page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
AVOIDED = (
    r"\bfor ever\b",  # without end, until it is stopped, never
    r"\bunless (given|told|asked)\b",  # by default
    r"\b(is|was|are|were|be) told by\b",
    r"\btold otherwise\b",
    r"\bdear\b",  # expensive
    r"\bhung up\b",  # disposed of, cancelled, disconnected
    r"\b(lets?|letting) (fall|drop)\b",  # drops
    r"\b(some|no)body\b",  # a user, a person, another process
    r"\bwhoever\b",
    r"\banew\b",  # again
    r"\bof one's own\b",
    r"\bthe very (bytes|clip|file|same)\b",  # the same
    r"\btime and again\b",
)
PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
MODULES = sorted(ROOT.glob("rxvlm/**/*.py"))
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))


def found_in(text: str) -> list[str]:
    """Return the avoided words of a text, each with the words around it."""
    flat = " ".join(text.split())
    hits = (hit for pattern in AVOIDED for hit in re.finditer(pattern, flat, re.IGNORECASE))
    return [flat[max(0, hit.start() - 40) : hit.end() + 20] for hit in hits]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_has_none_of_the_avoided_words(path: Path) -> None:
    """Pages are written for readers whose first language is another."""
    assert not found_in(path.read_text(encoding="utf-8"))


def test_the_package_has_none_of_the_avoided_words() -> None:
    """So are docstrings, help texts, errors and comments."""
    found = {str(path.relative_to(ROOT)): found_in(path.read_text(encoding="utf-8")) for path in MODULES}
    assert not {path: hits for path, hits in found.items() if hits}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_has_none_of_the_avoided_words(path: Path) -> None:
    """Its text is plain, too."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not found_in("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))


def test_the_search_finds_what_it_is_for() -> None:
    """Words are found over the end of a line, and in any case; names in code that are spelled alike are not."""
    assert len(found_in("It waits for\n    ever. Nobody knows.")) == 2
    assert not found_in("--forever, request.hung_up.wait(), endeared")


ORDER = ("limit", "retry", "breaker", "structured", "fallback", "round_robin")
RANKS = {name: min(at, 4) for at, name in enumerate(ORDER)}  # the last two are on one level
SENTENCE = "the model, `limit`, `retry`, `breaker`, `structured`, `fallback` or `round_robin`"
NESTED = re.compile(rf"\b(?:models\.)?({'|'.join(ORDER)})\((?=\*?(?:rxvlm\.)?(?:models\.)?({'|'.join(ORDER)})\()")
OTHER_ORDERS = "| another order | effect |"  # the table of what the other orders do, and which of them are errors


def out_of_order(text: str) -> list[str]:
    """Return the combinators that stand directly around one that belongs outside of them."""
    return [hit.group() for hit in NESTED.finditer(text) if RANKS[hit.group(1)] < RANKS[hit.group(2)]]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_nests_combinators_in_the_one_order(path: Path) -> None:
    """Only one table shows other orders, and says what they do."""
    shown, _, others = path.read_text(encoding="utf-8").partition(OTHER_ORDERS)
    assert not out_of_order(shown + others.partition("\n\n")[2])


def test_pages_that_say_the_order_say_the_same() -> None:
    """The reference and both guides have one sentence; a page that says an order in words has this one."""
    read = {path: " ".join(path.read_text(encoding="utf-8").split()) for path in PAGES if "docs" in path.parts}
    pages = {path.relative_to(ROOT / "docs").as_posix(): text for path, text in read.items()}
    saying = {name for name, text in pages.items() if "from the inside to the outside" in text.lower()}
    assert saying == {name for name, text in pages.items() if SENTENCE in text}
    assert {"reference/models.md", "how-to/keep_costs_down.md", "how-to/structured_answers.md"} <= saying


def test_orders_are_told_apart() -> None:
    """The one order is found to be right, and the others are found."""
    assert not out_of_order("fallback(structured(breaker(retry(limit(a))), Event), breaker(retry(limit(b))))")
    assert out_of_order("limit(retry(a)), models.retry(models.breaker(b)), structured(fallback(a, b))") == [
        "limit(",
        "models.retry(",
        "structured(",
    ]


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=lambda path: str(path.relative_to(ROOT)))
def test_the_operators_have_one_name_in_code(path: Path) -> None:
    """They are `rxo`, and RxPY's are `ops`."""
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"from rxvlm import operators as (\w+)", text)) <= {"rxo"}
    assert set(re.findall(r"from reactivex import operators as (\w+)", text)) <= {"ops"}
    assert not re.findall(r"\bfrom rxvlm\.operators import|\brxvlm\.operators\.\w+\(", text)
