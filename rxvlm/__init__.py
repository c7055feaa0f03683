"""rxvlm: reactive streams for vision-language models that watch video."""

# Nothing is imported here, not even `typing`: the command line comes by, and cannot handle Ctrl-C before it has.
TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from rxvlm import cluster, errors, metrics, models, operators, rules, sinks, sources, testing
    from rxvlm.analysis import Analysis, Answers
    from rxvlm.clip import Clip
    from rxvlm.concurrency.stop import Stop
    from rxvlm.errors import (
        ClipGoneError,
        DecodeError,
        EncodeError,
        MissingPartError,
        ModelError,
        ModelTimeoutError,
        NoVideoError,
        OverflowedError,
        RxvlmError,
        SourceBrokenError,
        SourceError,
        SourceNotFoundError,
        UriError,
    )
    from rxvlm.event import Event
    from rxvlm.frame import Frame
    from rxvlm.ledger import Ledger, Tally
    from rxvlm.models.function import vlm_from
    from rxvlm.notebook.showing import show
    from rxvlm.processor.processor import AsyncVideoProcessor
    from rxvlm.rules.condition import condition
    from rxvlm.rules.rule import rule
    from rxvlm.service.loading import load
    from rxvlm.sources import video
    from rxvlm.store.store import Store
    from rxvlm.stream.composing import compose
    from rxvlm.terminal.live_table import LiveTable
    from rxvlm.vlm import Piece, Usage, Vlm
    from rxvlm.watching.answers import answers
    from rxvlm.watching.cameras import Camera
    from rxvlm.watching.collect import collect
    from rxvlm.watching.each import each
    from rxvlm.watching.watch import watch
    from rxvlm.watching.watch_all import watch_all
    from rxvlm.window import Window

__version__ = "0.1.0"

_HOMES = {
    "analysis": ("Analysis", "Answers"),
    "clip": ("Clip",),
    "stream.composing": ("compose",),
    "store.store": ("Store",),
    "concurrency.stop": ("Stop",),
    "errors": (
        "ClipGoneError",
        "DecodeError",
        "EncodeError",
        "MissingPartError",
        "ModelError",
        "ModelTimeoutError",
        "NoVideoError",
        "OverflowedError",
        "RxvlmError",
        "SourceBrokenError",
        "SourceError",
        "SourceNotFoundError",
        "UriError",
    ),
    "event": ("Event",),
    "frame": ("Frame",),
    "ledger": ("Ledger", "Tally"),
    "models.function": ("vlm_from",),
    "notebook.showing": ("show",),
    "processor.processor": ("AsyncVideoProcessor",),
    "rules.condition": ("condition",),
    "rules.rule": ("rule",),
    "service.loading": ("load",),
    "sources": ("video",),
    "terminal.live_table": ("LiveTable",),
    "vlm": ("Piece", "Usage", "Vlm"),
    "watching.answers": ("answers",),
    "watching.cameras": ("Camera",),
    "watching.collect": ("collect",),
    "watching.each": ("each",),
    "watching.watch": ("watch",),
    "watching.watch_all": ("watch_all",),
    "window": ("Window",),
}
_MODULES = ("cluster", "errors", "metrics", "models", "operators", "rules", "sinks", "sources", "testing")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Analysis",
    "Answers",
    "AsyncVideoProcessor",
    "Camera",
    "Clip",
    "ClipGoneError",
    "DecodeError",
    "EncodeError",
    "Event",
    "Frame",
    "Ledger",
    "LiveTable",
    "MissingPartError",
    "ModelError",
    "ModelTimeoutError",
    "NoVideoError",
    "OverflowedError",
    "Piece",
    "RxvlmError",
    "SourceBrokenError",
    "SourceError",
    "SourceNotFoundError",
    "Stop",
    "Store",
    "Tally",
    "UriError",
    "Usage",
    "Vlm",
    "Window",
    "answers",
    "cluster",
    "collect",
    "compose",
    "condition",
    "each",
    "errors",
    "load",
    "metrics",
    "models",
    "operators",
    "rule",
    "rules",
    "show",
    "sinks",
    "sources",
    "testing",
    "video",
    "vlm_from",
    "watch",
    "watch_all",
]


def __getattr__(name: str) -> object:
    """Load a public name at its first use: ``import rxvlm`` itself loads nothing heavy."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"rxvlm.{name}")
    if name not in _HOME_OF:
        raise _no_attribute(name)
    value = getattr(import_module(f"rxvlm.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def _no_attribute(name: str) -> AttributeError:
    from difflib import get_close_matches

    from rxvlm.errors.short_traceback import shown_short

    near = get_close_matches(name, __all__, 1)
    meant = f": did you mean {near[0]!r}?" if near else ""
    # Without an object, Python does not guess a second time: it means 'each' where 'watch' has two letters swapped.
    return shown_short(AttributeError(f"module 'rxvlm' has no attribute {name!r}{meant}", name=name, obj=None))


def __dir__() -> list[str]:
    return sorted(__all__)
