"""The models of a file: each with its limits, its retries and its breaker, which all cameras share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rxvlm.errors import RxvlmError
from rxvlm.models.breaker import breaker, timeout_below
from rxvlm.models.fallback import fallback
from rxvlm.models.limit import limit
from rxvlm.models.named import named
from rxvlm.models.opencv import opencv
from rxvlm.models.retry import retry
from rxvlm.service.configuration.checking import EMBEDDED
from rxvlm.service.configuration.document import Document
from rxvlm.service.configuration.words import BreakerWords, ModelWords, RetryWords
from rxvlm.vlm import Vlm
from rxvlm.watching.options import DEFAULTS

_WORDS = {"retry": "first must"}  # of options that exclude each other


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a file.

    Attributes:
        words: What the file says of each.
        alone: Each without its fallback.
        asked: Each as cameras ask it.
    """

    words: Mapping[str, ModelWords]
    alone: Mapping[str, Vlm]
    asked: Mapping[str, Vlm]

    def __getitem__(self, name: str) -> Vlm:
        return self.asked[name]


def make_models(document: Document, words: Mapping[str, ModelWords], former: Models | None = None) -> Models:
    """Make the models of a file; what cannot be made is a mistake in the document.

    Args:
        document: The document.
        words: What it says of each model.
        former: The models before a reload. One of the same words stays as it is, with its limit and its breaker.
    """
    alone: dict[str, Vlm] = {EMBEDDED: former.alone[EMBEDDED] if former is not None else opencv()}
    for name, model in words.items():
        known = None if former is None else former.words.get(name)
        if former is not None and known is not None and _alone(known) == _alone(model):
            alone[name] = former.alone[name]
            continue
        try:
            alone[name] = make_model(model)
        except (ValueError, TypeError, RxvlmError) as error:
            at = next((key for key, word in _WORDS.items() if str(error).startswith(word)), "use")
            secret = document.from_environment(("models", name, at))
            document.add(("models", name, at), "there is no such model" if secret else str(error))
    asked = dict(alone)
    for name, model in words.items():
        parts = [alone[part] for part in (name, *model.fallback) if part in alone]
        if len(parts) == 1 + len(model.fallback) > 1:
            asked[name] = _same(former, name, parts) or fallback(*parts)
    return Models(words, alone, asked)


def _alone(words: ModelWords) -> ModelWords:
    return words.model_copy(update={"fallback": []})


def _same(former: Models | None, name: str, parts: list[Vlm]) -> Vlm | None:
    """Return the fallback before a reload if it has the same parts, so that its cameras go on."""
    before = None if former is None else former.asked.get(name)
    return before if before is not None and list(getattr(before, "models", ())) == parts else None


def model_of_section(section: Mapping[str, Any]) -> Vlm:
    """Make a model of one section, as a file has it; what it falls back to are sections inside it, or names.

    Raises:
        RxvlmError: If it cannot be made here, since its key is missing, for example.
        ValueError: If the section has a mistake.
    """
    others: list[str | Mapping[str, Any]] = section.get("fallback", [])
    words = ModelWords(**{key: value for key, value in section.items() if key != "fallback"})
    parts = [named(one) if isinstance(one, str) else model_of_section(one) for one in others]
    return fallback(make_model(words), *parts) if parts else make_model(words)


def make_model(words: ModelWords) -> Vlm:
    """Make the model that words say, with its limits, its retries and its breaker, and without what it falls back to.

    Raises:
        RxvlmError: If it cannot be made here, since its key is missing, for example.
        ValueError: If there is no such model, or two options exclude each other.
    """
    timeout = words.timeout or DEFAULTS.timeout
    model = named(words.use, timeout=timeout, clip_as=words.clip_as)
    limits = {key: getattr(words, key) for key in ("requests_per_minute", "tokens_per_minute", "max_concurrent")}
    if any(one is not None for one in limits.values()):
        model = limit(model, **limits)
    again, down = protection_of(words)
    if again is not None:
        model = retry(model, **again.model_dump())
    if down is not None:
        late = down.timeout or timeout_below(timeout)
        options = down.model_dump(exclude={"timeout"})
        model = breaker(model, timeout=late, **options)
    return model


def protection_of(words: ModelWords) -> tuple[RetryWords | None, BreakerWords | None]:
    """Return the options of a model's retries and breaker, or None. A server has both unless the file says no."""
    is_server = words.use != EMBEDDED
    again = words.retry if "retry" in words.model_fields_set else (RetryWords() if is_server else None)
    down = words.breaker if "breaker" in words.model_fields_set else (BreakerWords() if is_server else None)
    return again, down
