"""The options of `watch`: what is refused when they are made, and in which words."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from rxvlm import watch, watch_all
from rxvlm.testing import scripted
from rxvlm.watching.options import WatchOptions


@pytest.mark.parametrize(
    ("option", "wrong", "message"),
    [
        ("every", 0, "every must be above 0 seconds, not 0"),
        ("every", float("nan"), "every must be above 0 seconds, not nan"),
        ("every", 1e9, "every must be at most 31622400 seconds, not 1000000000.0"),
        ("every", "10", "every must be a number of seconds, not '10'"),
        ("frames", 0, "frames must be at least 1, not 0"),
        ("frames", 2.5, "frames must be a whole number, not 2.5"),
        ("width", 1, "width must be at least 2 pixels, not 1"),
        ("effort", "some", "effort must be one of exact, keyframes, copy, not 'some'"),
        ("aligned", "wall", "aligned must be one of source, clock, not 'wall'"),
        ("pace", -1.0, "pace must be above 0, not -1.0"),
        ("max_concurrent", 0, "max_concurrent must be at least 1, not 0"),
        ("timeout", 0.0, "timeout must be above 0 seconds, not 0.0"),
        ("gate", "packets", "gate must be None or motion, not 'packets'"),
        ("max_age", 0.0, "max_age must be above 0 seconds, not 0.0"),
    ],
)
def test_a_wrong_option_is_named_as_the_user_wrote_it(option: str, wrong: Any, message: str) -> None:
    """A wrong option is an error at once, with the option's own name, for one camera and for several."""
    for ask in (
        lambda: WatchOptions(**{option: wrong}),
        lambda: watch("demo:yard", scripted("yes"), **{option: wrong}),
        lambda: watch_all({"yard": "demo:yard"}, scripted("yes"), **{option: wrong}),
    ):
        with pytest.raises((ValueError, TypeError)) as raised:
            ask()
        assert str(raised.value) == message


def test_the_command_line_can_read_the_defaults_cheaply() -> None:
    """Importing the options loads none of the packages that take time."""
    code = "import sys, rxvlm.watching.options; print({'numpy', 'av', 'cv2', 'reactivex'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
