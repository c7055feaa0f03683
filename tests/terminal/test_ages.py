"""The ages of answers, and where the table shows them."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from rxvlm.ledger import Tally
from rxvlm.terminal.ages import Ages
from rxvlm.terminal.row import Row
from rxvlm.terminal.table import table


def test_ages_of_an_hour_count() -> None:
    """The percentile is one of the ages of the last hour; films have none."""
    ages = Ages()
    assert ages.at(0.95, 0.0) is None
    ages.add(99.0, 0.0)
    ages.add(None, 1.0)
    for at in range(1, 101):
        ages.add(at / 10, 100.0)
    assert ages.at(1.0, 3590.0) == 99.0
    assert ages.at(0.95, 3650.0) == pytest.approx(9.5)


def test_the_strip_has_the_age() -> None:
    """The p95 of the age stands behind the counts, and nothing stands there if it is not known."""
    console = Console(width=80, record=True, file=StringIO())
    row = Row(Tally("yard", "live", ""))
    console.print(table([row], age_p95=1.26))
    console.print(table([row]))
    assert console.export_text().count("none lost, age p95 1.3 s") == 1
