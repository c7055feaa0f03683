"""The manual builds without a warning, loads nothing from elsewhere, and is whole."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from public_names import SHELVES, public

HEAVIEST = 300_000  # bytes of the first picture


class Page(HTMLParser):
    """What a page loads, its ids, and the levels of its headings."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.levels: list[int] = []
        self._in_article = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in_article = self._in_article or tag == "article"
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag in ("script", "link", "img", "source", "video", "iframe"):
            self.addresses += [given[name] or "" for name in ("src", "href", "srcset") if name in given]
        if tag == "a" and re.search(r"\.(webp|svg|json)$", given.get("href") or ""):
            self.addresses.append(given["href"] or "")
        if self._in_article and re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        self._in_article = self._in_article and tag != "article"


@cache
def pages(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path) for path in site.rglob("*.html")}


def test_the_manual_builds_without_a_warning(built: tuple[Path, str]) -> None:
    """Every page is in the navigation, every link and anchor leads somewhere, every name is found."""
    assert not re.search("WARNING|ERROR|Aborted", built[1]), built[1]


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    """Fonts, scripts, styles and pictures are the site's own."""
    loaded = {address for page in pages(site).values() for address in page.addresses}
    for style in site.rglob("*.css"):
        loaded |= set(re.findall(r"url\([\"']?([^)\"']+)", style.read_text(encoding="utf-8")))
    assert loaded
    assert [address for address in loaded if re.match("(https?:)?//", address)] == []


def test_nothing_is_built_that_no_page_loads(site: Path) -> None:
    """No source maps, no word cutters of other languages, and no picture without a page that shows it."""
    loaded = {
        address.rsplit("/", 1)[-1].partition("#")[0] for page in pages(site).values() for address in page.addresses
    }
    loaded |= set(re.findall(r"pictures/([\w.-]+)", (site / "index.html").read_text(encoding="utf-8")))
    pictures = {path.name for path in (site / "pictures").iterdir()}
    assert pictures
    assert pictures - loaded == set()
    assert [path for path in site.rglob("*") if path.suffix == ".map" or path.name == "wordcut.js"] == []


def test_a_page_does_not_jump(site: Path) -> None:
    """Each picture says how large it is, so that its place is kept until it has been loaded."""
    for path in site.rglob("*.html"):
        for picture in re.findall(r"<img [^>]*pictures/[^>]*>", path.read_text(encoding="utf-8")):
            assert "logo.svg" in picture or re.search(r'width="\d+" height="\d+"', picture), (path, picture)


def test_pictures_of_notebooks_follow_the_colours(site: Path) -> None:
    """Each part of a notebook is there for the light colours and for the dark ones."""
    page = (site / "notebooks" / "index.html").read_text(encoding="utf-8")
    light = re.findall(r"notebook-(\d\d)-part\.webp#only-light", page)
    dark = re.findall(r"notebook-(\d\d)-part-dark\.webp#only-dark", page)
    assert light
    assert light == dark


def test_ids_are_unique(site: Path) -> None:
    """A link to a part of a page leads to one place."""
    twice = {name: [one for one, count in Counter(page.ids).items() if count > 1] for name, page in pages(site).items()}
    assert {name: ids for name, ids in twice.items() if ids} == {}


def test_headings_descend_by_one(site: Path) -> None:
    """A page begins with its title, and no level is left out below it."""
    for name, page in pages(site).items():
        steps = [below - above for above, below in zip([0, *page.levels], page.levels, strict=False)]
        assert all(step <= 1 for step in steps), (name, page.levels)


def test_the_first_picture_is_light(site: Path) -> None:
    """The moving picture of the landing page is less than 300 kB."""
    assert 0 < (site / "pictures" / "hero.webp").stat().st_size < HEAVIEST


def test_every_page_names_version_licence_and_changelog(site: Path) -> None:
    """The footer has them, and what a preview of a link needs is in the head."""
    for path in site.rglob("index.html"):
        page = path.read_text(encoding="utf-8")
        assert re.search(r"rxvlm \d+\.\d+.*?>Changelog</a>.*?>MIT licence</a>", page, re.DOTALL), path
        assert 'property="og:image"' in page, path


def test_the_reference_leaves_nothing_out(site: Path) -> None:
    """Every public class and function is on a page."""
    there = {one for name, page in pages(site).items() if name.startswith("reference/") for one in page.ids}
    made = {
        f"{shelf.__name__}.{name}": f"{thing.__module__}.{thing.__qualname__}"
        for shelf in SHELVES
        for name, thing in public(shelf)
        if inspect.isclass(thing) or inspect.isfunction(thing)
    }
    assert {name for name, home in made.items() if home not in there} == set()


def test_docstrings_come_out_as_they_are_meant(site: Path) -> None:
    """Drawings and examples are blocks, a function is not confused with its module, names and types are links."""
    page = (site / "reference" / "operators" / "index.html").read_text(encoding="utf-8")
    assert "<blockquote>" not in page
    assert ">::<" not in page
    assert 'id="rxvlm.operators.buffer_by_time.buffer_by_time"' in page
    assert "<code>rxvlm.operators.buffer_by_time</code>" in page
    assert "_MICROSECONDS" not in page
    assert re.search(r'href="[^"]*#rxvlm\.frame\.Frame"><code>Frame\.epoch', page)
    for alias in ("bounding.rules.Overflow", "asking.prompts.Prompt", "sample_with.Strategy"):
        assert f"types/#rxvlm.operators.{alias}" in page, alias
    assert "types/#reactivex.abc.SchedulerBase" in page
    assert 'class="mkdocstrings-source"' in page


def test_a_long_signature_has_a_parameter_a_line(site: Path) -> None:
    """No signature is cut: none has a line that is wider than the column of a laptop."""
    signatures = re.compile(r'class="[^"]*doc-signature[^"]*"[^>]*>.*?<code>(.*?)</code></pre>', re.DOTALL)
    for path in (site / "reference").rglob("*.html"):
        for signature in signatures.findall(path.read_text(encoding="utf-8")):
            lines = re.sub("<[^>]+>", "", signature).split("\n")
            assert max(map(len, lines)) <= 90, (path, lines)
