"""The installed versions as text, and the report of an error that is a bug of rxvlm."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rxvlm
from rxvlm.errors import ModelError, RxvlmError
from rxvlm.uri import without_secrets

if TYPE_CHECKING:
    from importlib.metadata import PackageMetadata

_WHEELS: Final = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)  # all of them write the same folder, cv2
_ISSUES: Final = "Issues"  # the name of the issue tracker's address under [project.urls] in pyproject.toml
_HERE: Final = str(Path(rxvlm.__file__).parent)


def versions() -> str:
    """Return the versions that a bug report must name, one per line.

    Nothing here raises: a package that cannot be loaded is often the fault itself.
    """
    rows = {
        "rxvlm": rxvlm.__version__,
        "Python": f"{platform.python_version()} ({platform.python_implementation()}, {sys.executable})",
        "PyAV": f"{_version('av')}, with FFmpeg {_attribute('av', 'ffmpeg_version_info')}",
        "OpenCV": opencv(_attribute("cv2", "__version__"), _installed(_WHEELS)),
        "numpy": _version("numpy"),
        "OS": platform.platform(),
    }
    return "\n".join(f"{name:<7} {said}" for name, said in rows.items())


def opencv(loaded: str, wheels: Sequence[str]) -> str:
    """Return which OpenCV is loaded and which wheels of it are installed; where there are several, what to do.

    >>> opencv("5.0.0", ["opencv-python-headless 5.0.0.93"])
    '5.0.0, of opencv-python-headless 5.0.0.93'

    Args:
        loaded: The version that ``import cv2`` loads.
        wheels: Name and version of each wheel that is installed.
    """
    said = f"{loaded}, of {' and '.join(wheels) or 'no wheel that pip knows'}"
    if len(wheels) < 2:  # noqa: PLR2004 - one wheel, as it should be
        return said
    names = " ".join(wheel.split(" ")[0] for wheel in wheels)
    return (
        f"{said}\n"
        f"{'':<7} They write the same folder, cv2: the one installed last is loaded, and uninstalling one breaks the\n"
        f"{'':<7} other. rxvlm works with each. Where cv2 fails, keep one: pip uninstall {names}\n"
        f"{'':<7} and then pip install the one you need: opencv-python has windows (cv2.imshow), headless has none."
    )


def bug_in(error: BaseException) -> BaseException | None:
    """Return the error that is a bug of rxvlm: this one, or the cause of a ModelError; None if it is neither.

    The user can act on our own errors, on those of the system (a full disk), and on a ValueError that our code
    raises. A ValueError that a library raises is a bug: the library refuses what rxvlm made of the user's input.
    """
    found = error.__cause__ if type(error) is ModelError else error
    if found is None or isinstance(found, (RxvlmError, OSError)):
        return None
    frames = traceback.extract_tb(found.__traceback__)
    refused = isinstance(found, ValueError) and frames and frames[-1].filename.startswith(_HERE)
    return None if refused else found


def bug_report(error: BaseException) -> str:
    """Return the report of a bug of rxvlm: its traceback, the versions, and where to report it.

    Args:
        error: The error, with its traceback. Logins in addresses, and keys from the environment, are removed.
    """
    lines = without_secrets("".join(traceback.format_exception(error)).rstrip())
    for name, value in os.environ.items():
        if name.endswith("_KEY") and value.strip():
            lines = lines.replace(value.strip(), "***")
    return (
        f"{lines}\n\n{versions()}\n\nrxvlm: this is a bug of rxvlm; please report it, with the text above, {_where()}"
    )


def _where() -> str:
    """Return where to report a bug."""
    about = _about("rxvlm")
    urls = (about and about.get_all("Project-URL")) or []
    found = dict(url.split(", ", 1) for url in urls).get(_ISSUES)
    return f"at {found}" if found else "to the project's issue tracker"


def _installed(names: Sequence[str]) -> list[str]:
    return [f"{name} {about['Version']}" for name in names if (about := _about(name))]


def _version(name: str) -> str:
    about = _about(name)
    return about["Version"] if about else "not installed"


def _about(name: str) -> PackageMetadata | None:
    """Return the metadata of an installed package; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, metadata  # --help must not wait for it

    try:
        return metadata(name)
    except PackageNotFoundError:
        return None


def _attribute(module: str, name: str) -> str:
    """Return an attribute of a module as text, or why the module cannot be loaded."""
    try:
        loaded: Any = import_module(module)
        return str(getattr(loaded, name))
    except Exception as error:  # noqa: BLE001 - whatever a broken wheel raises
        return f"unknown ({type(error).__name__}: {error})"
