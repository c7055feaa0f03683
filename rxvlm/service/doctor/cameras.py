"""Each camera: whether it can be opened, and what it sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from rxvlm.errors import RxvlmError
from rxvlm.service.doctor.finding import Finding
from rxvlm.sources.probe import probe
from rxvlm.uri import address
from rxvlm.watching.cameras import Camera

_SECONDS: Final = 5.0
_AT_ONCE: Final = 8
_PROBED: Final = ("file", "rtsp", "http", "rtmp", "udp")


def look_at_cameras(cameras: Mapping[str, Camera]) -> Iterator[Finding]:
    """Yield what was found of each camera; several are looked at together."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rxvlm-doctor") as pool:
        yield from pool.map(_look, cameras, cameras.values())


def _look(name: str, camera: Camera) -> Finding:
    uri = str(camera.uri)
    kind = address(uri).kind
    what = f"camera {name}"
    if kind not in _PROBED:
        return Finding(what, f"{address(uri).safe}: of the kind {kind}, not looked at")
    try:
        seen = probe(uri, seconds=_SECONDS)
    except (RxvlmError, OSError) as error:
        return Finding(what, str(error), f"check its address and password: rxvlm probe '{address(uri).safe}'")
    found = f"{seen.codec}, {seen.width}x{seen.height}, {seen.fps:.1f} frames/s, {seen.bit_rate / 1e6:.2f} Mbit/s"
    return Finding(what, found, "; ".join(seen.advice))
