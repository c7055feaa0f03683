"""What is installed, and what the machine allows."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from rxvlm.service.configuration.words import FileWords
from rxvlm.service.doctor.finding import Finding

_PACKAGES: Final = ("rxvlm", "reactivex", "av", "opencv-python-headless", "numpy", "httpx", "dashscope")
_EXTRAS: Final = {"paho-mqtt": "mqtt", "PyYAML": "yaml"}
_CODECS: Final = {"h264": "most cameras", "hevc": "cameras with H.265", "mjpeg": "simple cameras", "av1": "some films"}
_CAMERA_BYTES: Final = (
    40_000_000  # that a camera of 1080p holds in windows, queues and clips, measured at a window of 10 s
)
_CAMERA_FILES: Final = 12  # descriptors of a camera and the connection of its model
_OTHER_FILES: Final = 100
_BUILT: Final = 1_767_225_600  # 2026-01-01: a clock before it is wrong


def look_at_machine(file: FileWords | None, folder: Path) -> Iterator[Finding]:
    """Yield what was found of the packages, codecs, memory, disk, file limits and clock.

    Args:
        file: What is to be watched; None if it is not known.
        folder: What its paths are relative to.
    """
    yield Finding("Python", f"{platform.python_version()} on {platform.platform(terse=True)}")
    yield from _packages()
    yield from _codecs()
    cameras = 1 if file is None else len(file.cameras)
    yield _memory(cameras, 10.0 if file is None else max([10.0, *(one.every or 0.0 for one in file.cameras.values())]))
    if file is not None and file.store is not None:
        yield _disk((folder / file.store.path).parent, file.store.keep_bytes)
    yield _file_limit(cameras)
    yield _clock()


def _packages() -> Iterator[Finding]:
    yield Finding("packages", ", ".join(filter(None, map(_installed, _PACKAGES))))
    for name, extra in _EXTRAS.items():
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, f"not installed; only `rxvlm[{extra}]` needs it")


def _installed(name: str) -> str:
    """Return a package with its version; "" if another one stands in for it, as opencv-python does."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""


def _codecs() -> Iterator[Finding]:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    for name, use in _CODECS.items():
        try:
            Codec(name, "r")
        except UnknownCodecError:
            yield Finding(
                f"decoder {name}", "missing", f"{use} cannot be watched; install PyAV's own wheel: pip install av"
            )
    try:
        Codec("libx264", "w")
        yield Finding("codecs", f"decoders of {', '.join(_CODECS)}, encoder libx264")
    except UnknownCodecError:
        yield Finding("encoder libx264", "missing", "clips cannot be made; install PyAV's own wheel: pip install av")


def _memory(cameras: int, every: float) -> Finding:
    import psutil

    free, needed = psutil.virtual_memory().available, int(cameras * _CAMERA_BYTES * every / 10.0)
    them = f"{cameras} camera{'s' * (cameras != 1)} of 1080p"
    found = f"{free / 1e9:.1f} GB free, about {needed / 1e9:.2g} GB needed for {them}"
    return Finding(
        "memory", found, "" if needed < free else 'use `effort = "keyframes"`, a shorter `every`, or sub-streams'
    )


def _disk(folder: Path, keep_bytes: float) -> Finding:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(f"disk of {folder}", f"cannot be looked at: {error.strerror}", "choose a folder that exists")
    found = f"{free / 1e9:.1f} GB free, the store may take {keep_bytes / 1e9:.1f} GB"
    writable = os.access(folder, os.W_OK)
    advice = "" if free > keep_bytes else f"lower `keep_bytes` of [store] below {free:.1e}"
    return Finding(
        f"disk of {folder}", found, advice if writable else "this user cannot write there; choose another `path`"
    )


def _file_limit(cameras: int) -> Finding:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = cameras * _CAMERA_FILES + _OTHER_FILES
    enough = soft == resource.RLIM_INFINITY or soft >= needed
    more = f"raise it: ulimit -n {needed}, or LimitNOFILE={needed} in the unit (the hard limit is {hard})"
    return Finding("open files", f"{soft} allowed, about {needed} needed", "" if enough else more)


def _clock() -> Finding:
    now = time.time()
    found = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now))
    return Finding("clock", found, "" if now > _BUILT else "it is wrong: set it, and let NTP keep it (timedatectl)")
