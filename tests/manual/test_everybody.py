"""The manual can be read by everybody: axe-core finds nothing serious on six pages, in light and in dark."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browser import Browser

_AXE = find_spec("axe_playwright_python")  # its axe.min.js is all that is used; Playwright itself is not needed
PAGES = ("", "how-to/own_server/", "how-to/missing_frames/", "notebooks/", "reference/sinks/", "reference/cli/")
_SERIOUS = """
axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
    .filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => [one.id, one.nodes.length, one.nodes.slice(0, 3).map(node => node.html + " " + node.failureSummary)]))
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script that looks for what keeps people from reading a page."""
    if _AXE is None or _AXE.submodule_search_locations is None:
        pytest.skip("no axe-playwright-python here")
    return Path(_AXE.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")


def open_anew(browser: Browser, address: str, page: str = "", *, dark: bool = False) -> None:
    """Open a page as on a first visit, by a reader who prefers dark or light."""
    browser.open("about:blank")
    browser.wait_for("location.href == 'about:blank'")
    browser.call("Storage.clearDataForOrigin", origin=address.rstrip("/"), storageTypes="local_storage")
    browser.resize(1280, dark=dark)
    browser.open(address + page)
    scheme = "slate" if dark else "default"
    browser.wait_for(f"document.readyState == 'complete' && document.body.dataset.mdColorScheme == '{scheme}'")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page or "index")
def test_nothing_serious_is_found(browser: Browser, address: str, axe: str, page: str, *, dark: bool) -> None:
    """Contrast, names, roles, labels and the order of headings are as they should be."""
    open_anew(browser, address, page, dark=dark)
    browser.evaluate(f"{axe}; true")
    problems: list[Any] = browser.evaluate(_SERIOUS)
    assert not problems, json.dumps(problems, indent=1)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_is_not_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    """Nothing of the landing page is cut off or has to be scrolled sideways."""
    browser.resize(width)
    browser.open(address)
    browser.wait_for("document.readyState == 'complete'")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_the_switch_of_colours_works(browser: Browser, address: str) -> None:
    """A click changes from light to dark, and another page remembers it."""
    open_anew(browser, address)
    browser.evaluate("document.querySelector('[data-md-component=palette] label:not([hidden])').click()")
    browser.wait_for("document.body.dataset.mdColorScheme == 'slate'")
    browser.open(f"{address}tutorial/")
    browser.wait_for("document.title.startsWith('Tutorial') && document.body.dataset.mdColorScheme == 'slate'")


def test_what_has_the_focus_is_seen(browser: Browser, address: str) -> None:
    """A link in a text that has the focus of the keyboard has an outline."""
    browser.resize(1280)
    browser.open(f"{address}tutorial/")
    browser.wait_for("document.readyState == 'complete'")
    browser.evaluate("document.querySelector('.md-content p a').focus({focusVisible: true})")
    assert browser.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
