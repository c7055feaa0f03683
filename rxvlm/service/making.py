"""Making values of the words of a file; what cannot be made is a mistake in the document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rxvlm.errors import RxvlmError
from rxvlm.rules.condition import condition
from rxvlm.rules.rule import Rule, rule
from rxvlm.service.configuration.checking import EMBEDDED, model_of
from rxvlm.service.configuration.document import Document
from rxvlm.service.configuration.mistakes import Key
from rxvlm.service.configuration.words import CameraWords, FileWords, RuleWords
from rxvlm.sources import video
from rxvlm.store.store import Store
from rxvlm.uri import address
from rxvlm.watching.cameras import Camera
from rxvlm.watching.fields import schema_from

if TYPE_CHECKING:
    from rxvlm.service.configuration.models import Models


def make_camera(document: Document, name: str, words: CameraWords, models: Models) -> Camera | None:
    """Make a camera with its model."""
    key: Key = ("cameras", name)
    options: dict[str, Any] = {one: getattr(words, one) for one in words.model_fields_set - {"uri", "model"}}
    chosen = model_of(words, models.words)
    fields = words.fields
    if chosen == EMBEDDED or (chosen in models.words and models.words[chosen].use == EMBEDDED):
        options.pop("fields", None)  # it has fields of its own
    try:
        video(_beside(document, key, words.uri))  # nothing is opened: what can never be opened is an error
    except (RxvlmError, ValueError) as error:
        what = str(error).replace(getattr(error, "uri", None) or words.uri, "the address")
        if "://" not in words.uri:  # then what stands before a colon may be anything
            what = f"there is no such kind of address; {what.partition('; ')[2]}".removesuffix("; ")
        document.add((*key, "uri"), safe(document, (*key, "uri"), what))
        return None
    try:
        if fields is not None:
            schema_from(fields)
        return Camera(_beside(document, key, words.uri), models.asked.get(chosen), **options)
    except (ValueError, TypeError) as error:
        option = str(error).partition(" ")[0].rstrip(":")
        document.add(
            (*key, option) if option in words.model_fields_set else key, safe(document, (*key, option), str(error))
        )
    return None


def make_rule(document: Document, name: str, words: RuleWords, file: FileWords) -> Rule | None:
    """Make a rule; its condition is checked against the fields of its cameras, where all have the same."""
    key: Key = ("rules", name)
    options = words.model_dump(exclude={"when", "need", "active", "cameras"})
    try:
        when = condition(words.when, schema=_schema(words, file))
    except ValueError as error:
        document.add((*key, "when"), safe(document, (*key, "when"), str(error)))
        return None
    try:
        need = (words.need[0], words.need[1])
        return rule(name, when, need=need, cameras=words.cameras, active=words.active, **options)
    except (ValueError, TypeError) as error:
        option = "active" if words.active and ("active" in str(error) or words.active in str(error)) else "need"
        document.add((*key, option), safe(document, (*key, option), str(error)))
    return None


def _schema(words: RuleWords, file: FileWords) -> Mapping[str, Any] | None:
    """Return the schema of the answers that a rule sees; None if they differ, or come from the embedded model."""
    seen = [camera for name, camera in file.cameras.items() if words.cameras is None or name in words.cameras]
    fields = {camera.fields for camera in seen}
    used = {
        file.models[name].use if name in file.models else name for name in (model_of(one, file.models) for one in seen)
    }
    if len(fields) != 1 or EMBEDDED in used or None in fields:
        return None
    try:
        return schema_from(str(fields.pop()))
    except ValueError:
        return None  # the camera's own mistake


def make_store(document: Document, file: FileWords) -> Store | None:
    """Make the store; its file is opened when the first answer comes."""
    words = file.store
    if words is None:
        return None
    path = home(document, ("store",)) / words.path
    if not path.parent.is_dir():
        document.add(("store", "path"), safe(document, ("store", "path"), f"there is no folder {path.parent}"))
        return None
    if path.is_dir():
        document.add(("store", "path"), "expected a file, found a folder")
        return None
    try:
        return Store(path, **words.model_dump(exclude={"path"}))
    except (RxvlmError, ValueError, OSError) as error:
        document.add(("store", "path"), safe(document, ("store",), str(error)))
    return None


def home(document: Document, key: Key) -> Path:
    """Return the folder that paths of a table are relative to."""
    return document.home(key).parent


def _beside(document: Document, key: Key, uri: str) -> str:
    """Return an address; the path of a file relative to the file that names it."""
    if uri.startswith("file:") or address(uri).kind != "file":
        return uri
    return str(home(document, key) / uri)


def safe(document: Document, key: Key, text: str) -> str:
    """Return what an error says, without quoting what came from the environment."""
    return "the value that the environment gave cannot be used" if document.from_environment(key) else text
