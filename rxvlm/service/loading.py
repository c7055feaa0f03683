"""load: read a file of cameras, models and rules, and make the values that `rxvlm.watch_all` and others take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from reactivex import Observable

from rxvlm.analysis import Analysis
from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.stop import Stop
from rxvlm.errors import ConfigurationError
from rxvlm.ledger import Ledger
from rxvlm.rules.rule import Rule
from rxvlm.service.configuration.checking import check
from rxvlm.service.configuration.document import read
from rxvlm.service.configuration.models import Models, make_models
from rxvlm.service.configuration.shown import show
from rxvlm.service.configuration.words import FileWords, MetricsWords
from rxvlm.service.making import make_camera, make_rule, make_store
from rxvlm.service.making_sinks import Made, make_sink
from rxvlm.sinks.sink import Sink
from rxvlm.store.store import Store
from rxvlm.watching.cameras import Camera, Told
from rxvlm.watching.options import DEFAULTS
from rxvlm.watching.watch_all import Cameras, watch_together

_T = TypeVar("_T")


def _watch_here(
    cameras: Observable[Cameras],
    *,
    ledgers: Mapping[str, Ledger],
    stop: Stop,
    on_clip: Callable[[Clip], None],
) -> Observable[Analysis]:
    """Watch cameras in this process."""
    told = Told(None, DEFAULTS.prompt, DEFAULTS)
    return watch_together(cameras, told, ledgers=ledgers, stop=stop, on_clip=on_clip)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The contents of a file as values: see `load`.

    Attributes:
        path: The file.
        files: The files that were read: the file itself, and the files that it includes.
        words: Its tables.
        cameras: The cameras by name, for `rxvlm.watch_all`; each with its own model.
        models: The models by name.
        rules: The rules, for `rxvlm.operators.with_events`.
        ledgers: Where the frames of the cameras are counted while they are watched, for ``ledgers=`` of
            `rxvlm.watch_all`; sinks may read them.
        made: The sinks by name, each with its table of the file.
        store: The history; its ``write`` is a sink, too. None: the file has no store.
        metrics: The address at which metrics can be read; None: there are no metrics.
        watch: What watches the cameras.
        placed: Says where the cameras of the file are watched when it is read again; None: in this process.
    """

    path: Path
    files: tuple[Path, ...]
    words: FileWords = field(repr=False)
    cameras: Mapping[str, Camera]
    models: Models = field(repr=False)
    rules: tuple[Rule, ...]
    ledgers: dict[str, Ledger] = field(repr=False)
    made: Mapping[str, Made] = field(repr=False)
    store: Store | None
    metrics: MetricsWords | None
    watch: Callable[..., Observable[Analysis]] = field(default=_watch_here, repr=False)
    placed: Callable[[Configuration], Configuration] | None = field(default=None, repr=False)

    @property
    def sinks(self) -> Mapping[str, Sink]:
        """The sinks by name, for `rxvlm.operators.to`."""
        return {name: made.sink for name, made in self.made.items()}

    def run(self) -> int:
        """Watch the cameras and films of the file until a signal comes, or all films have ended; return the exit code.

        Call it in the main thread, since it handles signals.
        """
        from rxvlm.service.running import run  # it is loaded when it is used

        return run(self)


@suggest_options()
def load(
    path: str | Path, *, environment: Mapping[str, str] | None = None, former: Configuration | None = None
) -> Configuration:
    """Read a file of cameras, models, rules and sinks.

    This does not open, connect or write anything yet.

    Args:
        path: A file in TOML; ``rxvlm config new`` prints an example. A path in it is relative to the file.
        environment: The variables for ``${NAME}`` in its texts; None: those of the process.
        former: The previous configuration. If the table of a model or a sink has not changed, it stays the same
            object, so that a camera whose table has not changed is equal.

    Raises:
        ConfigurationError: If it has mistakes; the error has all of them.
    """
    document = read(Path(path), environment)
    words = check(document)
    models = make_models(document, words.models, former and former.models)
    cameras = {name: make_camera(document, name, camera, models) for name, camera in words.cameras.items()}
    rules = tuple(_made({name: make_rule(document, name, rule, words) for name, rule in words.rules.items()}).values())
    ledgers = former.ledgers if former else {}
    made = _made({name: make_sink(document, name, words, rules=rules, ledgers=ledgers) for name in words.sinks})
    store = make_store(document, words)
    if document.mistakes:
        raise ConfigurationError(tuple(map(str, document.mistakes)))
    configuration = Configuration(
        path=document.path,
        files=tuple(document.files),
        words=words,
        cameras=_made(cameras),
        models=models,
        rules=rules,
        ledgers=ledgers,
        made=made if former is None else {name: _same(one, former.made.get(name)) for name, one in made.items()},
        store=store,
        metrics=words.metrics,
    )
    return configuration if former is None or former.placed is None else former.placed(configuration)


def _made(values: Mapping[str, _T | None]) -> dict[str, _T]:
    return {name: value for name, value in values.items() if value is not None}


def _same(new: Made, former: Made | None) -> Made:
    """Return the sink before a reload if it was made of the same; the new one has opened nothing yet."""
    return former if former is not None and former.of == new.of else new


def shown(path: str | Path, *, environment: Mapping[str, str] | None = None) -> str:
    """Return the resulting values of a file in TOML: with its defaults and included files, without its secrets.

    Raises:
        ConfigurationError: If it has mistakes.
    """
    document = read(Path(path), environment)
    words = check(document)
    if document.mistakes:
        raise ConfigurationError(tuple(map(str, document.mistakes)))
    return show(document, words)
