"""recipe: makes a model, a sampler, a gate or a step in the process that uses it."""

from __future__ import annotations

import json
import pickle
import re
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias, cast

from reactivex import Observable
from typing_extensions import override

from rxvlm.arguments import describe
from rxvlm.clip import Clip
from rxvlm.models.named import KINDS
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Vlm

_PLACE: Final = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)")
_KINDS: Final = frozenset(re.split(r"[:\s]", kind.form)[0] for kind in KINDS) | {
    "sglang",
    "llamacpp",
    "ollama",
    "lmstudio",
}

What: TypeAlias = "str | Mapping[str, Any] | Callable[..., Any]"
"""The name of a model, a section of a file, or a function that can be imported."""


def recipe(what: What, **options: Any) -> Recipe:  # noqa: ANN401 - whatever the function takes
    """Describe how to make a model, a sampler, a gate or a step, so that another process can make it.

    Models hold locks, threads and connections, and operators are functions made inside of functions, so they cannot
    be sent to another process. A recipe can be sent, and each process makes its own object.

    >>> recipe("opencv")
    recipe('opencv')
    >>> recipe("rxvlm.operators:gate_by_motion", threshold=0.02)
    recipe('rxvlm.operators:gate_by_motion', threshold=...)
    >>> recipe({"use": "openai:qwen2.5-vl@vllm", "requests_per_minute": 60})
    recipe({'use': ..., 'requests_per_minute': ...})

    Args:
        what: The name of a model, as on the command line (``"opencv"``, ``"dashscope:qwen3-vl-plus"``); a section of a
            configuration file, such as ``{"use": "opencv", "max_concurrent": 2}``;
            ``"package.module:function"``, or a function that can be imported.
        options: The arguments of the function; for a name, the options of `rxvlm.models.named`. They are sent, too.

    Returns:
        A recipe, which is compared by value. Use it instead of the model, sampler, gate or step.

    Raises:
        TypeError: If it cannot be sent: a function made inside of another one, or an option that holds a lock.
        ValueError: If the text is neither the name of a model nor a place in a module.
    """
    if callable(what):
        what = _place_of(what)
    if isinstance(what, str) and not _is_name(what) and not _PLACE.fullmatch(what):
        shown = without_secrets(what)
        raise ValueError(f"{shown!r} is neither the name of a model nor 'package.module:function'")
    if not isinstance(cast("object", what), str | Mapping):
        raise TypeError(f"a recipe is made of a name, a section or a function, not of {describe(what)}")
    if isinstance(what, Mapping) and options:
        raise TypeError(f"a section has its options inside: put {', '.join(options)} into it")
    return Recipe(what if isinstance(what, str) else dict(what), options)


class Recipe:
    """Describes how to make an object; see `recipe`.

    Raises:
        TypeError: If an option cannot be sent.
    """

    __slots__ = ("_lock", "_made", "_what", "options")

    def __init__(self, what: str | dict[str, Any], options: dict[str, Any]) -> None:
        self._what, self.options = what, options
        self._made: Any = None
        self._lock = threading.Lock()
        if wrong := first_that_stays(options if isinstance(what, str) else what):
            raise TypeError(f"the option {wrong} cannot be sent to another process: use a number, a text or a recipe")

    @override
    def __reduce__(self) -> tuple[type[Recipe], tuple[str | dict[str, Any], dict[str, Any]]]:
        return Recipe, (self._what, self.options)

    @override
    def __repr__(self) -> str:
        if isinstance(self._what, dict):
            return f"recipe({{{', '.join(f'{name!r}: ...' for name in self._what)}}})"
        shown = [repr(without_secrets(self._what)), *(f"{name}=..." for name in self.options)]
        return f"recipe({', '.join(shown)})"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and (self._what, self.options) == (other._what, other.options)

    @override
    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> str:
        """What is equal for equal recipes, in all processes."""
        return json.dumps((self._what, self.options), sort_keys=True, default=repr)

    @property
    def name(self) -> str:
        """What it is called in tables: as a model, its name."""
        if isinstance(self._what, dict):
            return without_secrets(str(self._what.get("use", "")))
        return without_secrets(self._what)

    @property
    def section(self) -> Mapping[str, Any] | None:
        """The section that it is made of; None if it is made of a name or a function."""
        return self._what if isinstance(self._what, dict) else None

    @property
    def may_limit(self) -> bool:
        """Whether there may be a limit or a breaker in what it makes: in a model that is only named there is none."""
        return isinstance(self._what, dict) or not _is_name(self._what)

    def make(self) -> Any:  # noqa: ANN401 - whatever it makes
        """Make it again.

        Raises:
            ImportError: If its module or function is not there.
            RxvlmError: If it is a model that cannot be made here, since its key is missing, for example.
            ValueError: If an option is wrong.
        """
        if isinstance(self._what, dict):
            from rxvlm.service.configuration.models import model_of_section  # models load when one is made

            return model_of_section(self._what)
        if _is_name(self._what):
            from rxvlm.models.named import named

            return named(self._what, **self.options)
        module, _, path = self._what.partition(":")
        made: Any = import_module(module)
        for part in path.split("."):
            if not hasattr(made, part):
                raise ImportError(f"there is no {part!r} in {module!r}, as {self!r} says")
            made = getattr(made, part)
        return made(**self.options)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask the model that it makes, once in this process."""
        return cast("Vlm", self._here()).ask(clip, prompt)

    def __call__(self, *given: Any) -> Any:  # noqa: ANN401 - as of what it makes
        """Call what it makes, once in this process: an operator, a strategy or a prompt."""
        return self._here()(*given)

    def _here(self) -> Any:  # noqa: ANN401 - whatever it makes
        with self._lock:
            if self._made is None:
                self._made = self.make()
            return self._made


def made(value: Any) -> Any:  # noqa: ANN401 - whatever an option may be
    """Return a value with every recipe in it made."""
    if isinstance(value, Recipe):
        return value.make()
    return tuple(made(one) for one in cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value


def first_that_stays(values: Mapping[str, Any]) -> str | None:
    """Return the name of the first value that cannot be sent to another process; None if all can."""
    for name, value in values.items():
        try:
            pickle.dumps(value)
        except (pickle.PicklingError, TypeError, AttributeError):
            return name
    return None


def _is_name(text: str) -> bool:
    return text.partition(":")[0] in _KINDS


def _place_of(function: Callable[..., Any]) -> str:
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if isinstance(module, str) and module != "__main__" and _PLACE.fullmatch(f"{module}:{path}"):
        return f"{module}:{path}"
    where = "is in the script that is run" if module == "__main__" else "cannot be imported by its name"
    raise TypeError(f"{describe(function)} {where}: put it into a module, and pass recipe('module:function')")
