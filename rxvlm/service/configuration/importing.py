"""Cameras of another system's file: Frigate's, and go2rtc's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from rxvlm.errors import MissingPartError, UriError
from rxvlm.uri import address

_VARIABLE: Final = re.compile(r"\{(FRIGATE_\w+)\}")  # as Frigate writes a variable of the environment
_DEFAULT: Final = re.compile(r"\$\{(\w+):(?!-)([^{}]*)\}")  # as go2rtc writes a variable with a default
_OF_FFMPEG: Final = re.compile(r"^ffmpeg:(?=\w+://)")
_OF_CAMERA: Final = re.compile(r"(?:ffmpeg:)?(?:rtsps?|https?|rtmps?)://")
_SELF: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Found:
    """A camera in another system's file.

    Attributes:
        name: Its name.
        uri: Its address, with its password; "" if there is none that can be read here.
        note: Why it cannot be taken over as it is; "" if it can.
    """

    name: str
    uri: str
    note: str = ""


def cameras_in(path: Path) -> list[Found]:
    """Return the cameras of a file of Frigate or go2rtc, in their order.

    Args:
        path: The file, in YAML.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not YAML, or names no cameras.
        MissingPartError: If PyYAML is not installed.
    """
    tables = _yaml(path)
    streams = _table(_table(tables.get("go2rtc")).get("streams") or tables.get("streams"))
    cameras = _table(tables.get("cameras"))
    if cameras:
        return [_of_frigate(str(name), _table(camera), streams) for name, camera in cameras.items()]
    if streams:
        return [_found(str(name), _first(stream, streams)) for name, stream in streams.items()]
    raise ValueError(f"{path} has no cameras: neither Frigate's table cameras, nor go2rtc's table streams")


def as_toml(cameras: list[Found]) -> str:
    """Write cameras as the tables of a file for `rxvlm run`; those that cannot be watched stand in comments."""
    import tomli_w

    parts: list[str] = []
    for camera in cameras:
        table = tomli_w.dumps({"cameras": {camera.name: {"uri": camera.uri}}}).replace("[cameras]\n\n", "")
        lines = ([f"# {camera.note}"] if camera.note else []) + [
            f"# {line}" if camera.note else line for line in table.splitlines()
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _of_frigate(name: str, camera: Mapping[str, Any], streams: Mapping[str, Any]) -> Found:
    inputs = [_table(one) for one in _list(_table(camera.get("ffmpeg")).get("inputs"))]
    seen = next((one for one in inputs if "detect" in (one.get("roles") or ())), inputs[0] if inputs else {})
    found = _found(name, _behind_go2rtc(str(seen.get("path") or "").replace("${", "$${"), streams))
    if camera.get("enabled") is False and not found.note:
        return Found(name, found.uri, "disabled in Frigate")
    return found


def _behind_go2rtc(uri: str, streams: Mapping[str, Any]) -> str:
    """Return the camera's own address for that of Frigate's own go2rtc, which passes it on."""
    try:
        parts = urlsplit(uri)
        passed_on = parts.hostname in _SELF and streams.get(parts.path.strip("/"))
    except ValueError:
        return uri
    return _first(passed_on, streams) if passed_on else uri


def _found(name: str, uri: str) -> Found:
    uri = _OF_FFMPEG.sub("", _DEFAULT.sub(r"${\1:-\2}", _VARIABLE.sub(r"${\1}", uri))).partition("#")[0]
    if not uri:
        return Found(name, "", "it has no address")
    try:
        address(uri.replace("${", "").replace("}", ""))
    except UriError as error:
        return Found(name, uri, str(error))
    return Found(name, uri)


def _first(stream: object, streams: Mapping[str, Any]) -> str:
    """Return the first address of a stream of go2rtc that a camera sends itself; else its first.

    A source may be the name of another stream.
    """
    sources = [str(one) for one in _list(stream) or [stream] if one is not None]
    own = next((one for one in sources if _OF_CAMERA.match(one)), None)
    if own is not None or not sources:
        return own or ""
    others = {name: one for name, one in streams.items() if one is not stream}  # fewer each time: a circle ends
    if sources[0] in others:
        return _first(others[sources[0]], others)
    return sources[0] if ":" in sources[0] else ""


def _yaml(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError:
        raise MissingPartError("reading YAML needs PyYAML: pip install 'rxvlm[yaml]'") from None
    try:
        tables: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise ValueError(f"{path}{where}: not YAML") from None  # the error would quote the file, and its passwords
    return _table(tables)


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
