"""check_travels: refuse options that cannot be sent to another process, and say what to pass instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from rxvlm.arguments import describe
from rxvlm.cluster.recipe import Recipe, first_that_stays


def check_travels(camera: str, options: Mapping[str, Any]) -> None:
    """Check that the options of a camera can be sent to another process.

    Raises:
        TypeError: If one cannot.
    """
    if options.get("scheduler") is not None:
        raise TypeError("scheduler= cannot be sent to another process: leave it out, each shard has threads of its own")
    for name, value in _parts(options):
        if isinstance(value, Recipe):
            continue
        script = callable(value) and getattr(value, "__module__", None) == "__main__"
        if script or first_that_stays({name: value}):
            raise TypeError(
                f"{name}= of the camera {camera!r} is {describe(value)}, which cannot be sent to another process: pass "
                "its name, if it has one, or rxvlm.cluster.recipe('package.module:function', option=...)"
            )


def _parts(options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, tuple) and name == "steps":
            yield from ((name, one) for one in cast("tuple[Any, ...]", value))
        else:
            yield name, value
