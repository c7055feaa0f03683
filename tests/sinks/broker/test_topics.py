from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rxvlm.sinks.broker.topics import Topics, safe_id

NAMES = st.text(max_size=60)


@given(NAMES)
def test_any_name_is_safe(name: str) -> None:
    """What comes out is a level of a topic, and an identifier for Home Assistant."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,49}", safe_id(name))


@given(NAMES, NAMES)
def test_two_names_are_never_one(one: str, other: str) -> None:
    """Names that look alike after cleaning stay apart."""
    assert (safe_id(one) == safe_id(other)) is (one == other)


def test_names_of_one_look_stay_apart() -> None:
    """Slashes, wildcards, accents, case and length make no two cameras one."""
    names = [
        "a b",
        "a/b",
        "a+b",
        "a#b",
        "ä b",
        "a_b",
        "A_b",
        "a_b_",
        "x" * 40,
        "x" * 41,
        "x" * 42,
        "門",
        "窓",
        " ",
        "\ud800",
        safe_id("a b"),
        safe_id("門"),
    ]
    assert len({safe_id(name) for name in names}) == len(names)


def test_devices_of_two_prefixes_stay_apart() -> None:
    """Wherever a prefix ends and a camera's name begins."""
    pairs = [("rxvlm", "b_c"), ("a", "b_c"), ("a_b", "c"), ("a/b", "c"), ("rxvlm", ""), ("rxvlm", "system"), ("a", "")]
    assert len({Topics(prefix, camera).device for prefix, camera in pairs}) == len(pairs)
    assert len({Topics("rxvlm", camera).base for _, camera in pairs}) == 4
