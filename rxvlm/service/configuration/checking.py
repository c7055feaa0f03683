"""Checking a document as a whole: its words, and that what it names is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError

from rxvlm.service.configuration.document import Document
from rxvlm.service.configuration.mistakes import Key, did_you_mean, explain, found
from rxvlm.service.configuration.words import (
    CameraDefaults,
    CameraWords,
    FileWords,
    MetricsWords,
    ModelWords,
    RuleWords,
    SinkWords,
    StoreWords,
    Words,
)

EMBEDDED: Final = "opencv"
"""The model that needs no server, and no table of its own."""

_W = TypeVar("_W", bound=Words)
_SECRET: Final = ("uri", "url", "secret_file")  # values that may hold a password


def check(document: Document) -> FileWords:
    """Check a document, and return the words of its tables that are right; its mistakes are added to it."""
    tables = document.tables
    unknown = [key for key in tables if key not in FileWords.model_fields]
    for key in unknown:
        document.add((key,), did_you_mean(key, list(FileWords.model_fields), kind="table"))
    defaults = _checked(document, ("defaults",), tables.get("defaults", {}), CameraDefaults) or CameraDefaults()
    words = FileWords(
        defaults=defaults,
        cameras={
            name: CameraWords(**{**_given(defaults), **_given(camera)})
            for name, camera in _named(document, "cameras", CameraWords).items()
        },
        models=_named(document, "models", ModelWords),
        rules=_named(document, "rules", RuleWords),
        sinks=_named(document, "sinks", SinkWords),
        store=_checked(document, ("store",), tables["store"], StoreWords) if "store" in tables else None,
        metrics=_checked(document, ("metrics",), tables["metrics"], MetricsWords) if "metrics" in tables else None,
    )
    mistyped = any(get_close_matches("cameras", [key], 1) for key in unknown)
    if not document.tables.get("cameras") and document.files and not mistyped:
        document.add(("cameras",), "there is none; write [cameras.NAME] and uri = ... below it")
    _check_models_of_cameras(document)
    _check_fallbacks(document)
    _check_rules(document)
    _check_sinks(document, words)
    return words


def model_of(camera: CameraWords, models: Mapping[str, object]) -> str:
    """Return the name of a camera's model: its own, the only one there is, or the embedded one."""
    return camera.model or (next(iter(models)) if len(models) == 1 else EMBEDDED)


def _named(document: Document, section: str, kind: type[_W]) -> dict[str, _W]:
    """Check the tables by name of a section; return those that are right."""
    tables = document.tables.get(section, {})
    if not isinstance(tables, Mapping):
        document.add((section,), f"expected tables by name, as in [{section}.NAME], found {found(tables)}")
        return {}
    right: dict[str, _W] = {}
    for name, table in cast("Mapping[str, object]", tables).items():
        if not name.strip():
            document.add((section, name), "the name is empty")
        words = _checked(document, (section, name), table, kind)
        if words is not None:
            right[name] = words
    return right


def _checked(document: Document, key: Key, table: object, kind: type[_W]) -> _W | None:
    def is_secret(inner: Key) -> bool:
        return (bool(inner) and inner[0] in _SECRET) or document.from_environment((*key, *inner))

    if not isinstance(table, dict):
        document.add(key, f"expected a table, found {'a value' if is_secret(()) else found(table)}")
        return None
    before = len(document.mistakes)
    try:
        words = kind.model_validate(table)
    except ValidationError as error:
        for inner, what in explain(error, kind, is_secret):
            document.add((*key, *inner), what)
        return None
    return words if len(document.mistakes) == before else None


def _given(words: Words) -> dict[str, Any]:
    return {name: getattr(words, name) for name in words.model_fields_set}


def _check_models_of_cameras(document: Document) -> None:
    names = list(_tables(document, "models"))
    if len(names) > 1 and "model" not in _table(document.tables.get("defaults")):
        for name, camera in _tables(document, "cameras").items():
            if "model" not in camera:
                document.add(("cameras", name, "model"), f"is missing: there are {len(names)} models")
    _check_names(document, "model", _texts(document, "cameras", "model"), [*names, EMBEDDED])
    chosen = _table(document.tables.get("defaults")).get("model")
    _check_names(document, "model", [(("defaults", "model"), chosen)], [*names, EMBEDDED])


def _check_fallbacks(document: Document) -> None:
    models = _tables(document, "models")
    if models.get(EMBEDDED, {}).get("use", EMBEDDED) != EMBEDDED:
        document.add(("models", EMBEDDED), "is the name of the built-in model; choose another one")
    given = list(_texts(document, "models", "fallback"))
    _check_names(document, "model", given, [*models, EMBEDDED])
    for key, other in given:
        if other == key[1]:
            document.add(key, "a model cannot be its own fallback")
        elif other in models and "fallback" in models[other]:
            document.add(key, f"{other} has a fallback of its own; list all of them here, in their order")


def _check_rules(document: Document) -> None:
    _check_names(document, "camera", _texts(document, "rules", "cameras"), list(_tables(document, "cameras")))


def _check_names(document: Document, kind: str, given: Iterable[tuple[Key, object]], known: Collection[str]) -> None:
    for key, name in given:
        if isinstance(name, str) and name not in known:
            document.add(key, did_you_mean(name, known, kind=kind))


def _texts(document: Document, section: str, word: str) -> Iterator[tuple[Key, str]]:
    """Yield each text at a key of a section's tables, or in a list there; also of tables that have a mistake."""
    for name, table in _tables(document, section).items():
        value = table.get(word)
        if isinstance(value, str):
            yield (section, name, word), value
        for number, one in enumerate(cast("list[object]", value) if isinstance(value, list) else ()):
            if isinstance(one, str):
                yield (section, name, word, number), one


def _tables(document: Document, section: str) -> dict[str, dict[str, object]]:
    return {name: _table(table) for name, table in _table(document.tables.get(section)).items()}


def _table(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _check_sinks(document: Document, words: FileWords) -> None:
    for name, sink in words.sinks.items():
        if (sink.url is None) == (sink.command is None):
            document.add(("sinks", name), "expected either url or command")
        if name == "store" and "store" in document.tables:
            document.add(("sinks", name), "is the name of [store]; choose another one")
