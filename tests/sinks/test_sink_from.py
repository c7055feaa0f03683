"""Sinks by their addresses, and how addresses are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxvlm.sinks import sink_from
from rxvlm.sinks.addresses import shown


def test_a_path_is_a_file_of_json_lines(tmp_path: Path) -> None:
    """The file is there at once, for this user alone."""
    sink_from(str(tmp_path / "events.jsonl"))
    assert (tmp_path / "events.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_path_may_have_a_colon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one with a time of day has; an address has two slashes after it."""
    monkeypatch.chdir(tmp_path)
    sink_from("night-22:00.jsonl")
    assert (tmp_path / "night-22:00.jsonl").exists()


@pytest.mark.parametrize("address", ["events.txt", "ftp://host/events.jsonl", "", "jsonl", "file:///a.jsonl"])
def test_what_is_no_sink_is_refused(address: str) -> None:
    """The error says what is possible."""
    with pytest.raises(ValueError, match=r"is not a sink; write .*a path that ends in \.jsonl"):
        sink_from(address)


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    """The path of a webhook is often its key; a login and a query always may be."""
    for address in (
        "https://me:s3cret@host:8443/hooks/s3cret?token=s3cret#s3cret",
        "https://host:8443/?s3cret",
        "ftp://me:s3cret@host:8443/s3cret.jsonl",
        "https://me:s3cret/x@host:8443/",
    ):
        assert "s3cret" not in shown(address)
        assert "host:8443" in shown(address)
