"""named: make a model by its name, as command lines and settings write it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias, TypedDict

from rxvlm.arguments import check_above_zero, suggest_options
from rxvlm.errors import ModelUnauthorizedError
from rxvlm.models.dashscope import dashscope
from rxvlm.models.openai_compatible import FIND_OUT, openai_compatible
from rxvlm.models.opencv import opencv
from rxvlm.models.wire.chat_completions.capabilities import server_of
from rxvlm.network.hosts import looks_like_an_address, meant_address, no_address
from rxvlm.uri import without_secrets
from rxvlm.vlm import Vlm

OWN_KEY: Final = "RXVLM_API_KEY"
"""The environment variable with the key of a server that is given by its URL."""

ADDRESSES: Final[Mapping[str, str]] = {
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "vllm": "http://localhost:8000/v1",
    "sglang": "http://localhost:30000/v1",
    "ollama": "http://localhost:11434/v1",
    "lmstudio": "http://localhost:1234/v1",
    "llamacpp": "http://localhost:8080/v1",
}
"""The address of each server that can be named without one."""
_LOCAL: Final = ("vllm", "sglang", "llamacpp", "ollama", "lmstudio")

_CLOUDS: Final = ("openai", "openrouter")
_OPENAI_ADDRESSES: Final = ("OPENAI_BASE_URL", "OPENAI_API_BASE")  # as OpenAI's own clients read them


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model that can be named.

    Attributes:
        form: How its name is written.
        what: What it is, for the list of models.
        key: The environment variable of its key, or "" if it needs none.
        needs: What else it needs.
    """

    form: str
    what: str
    key: str = ""
    needs: str = "nothing"

    @property
    def ready(self) -> bool:
        """Whether its key is set, or it needs none."""
        return not self.key or bool(os.environ.get(self.key))


KINDS: Final = (
    Kind("opencv", "classical vision, no VLM, reads no prompt: what moved, when and where; light, blur, cuts"),
    Kind("dashscope:NAME", "Qwen-VL at Alibaba's Model Studio: dashscope:qwen3-vl-plus", "DASHSCOPE_API_KEY"),
    Kind("openai:NAME", "OpenAI: clips as pictures", "OPENAI_API_KEY"),
    Kind("openai:NAME@openrouter", "OpenRouter", "OPENROUTER_API_KEY"),
    Kind("openai:NAME@ollama", "a model on this machine; also @vllm, @sglang, @lmstudio, @llamacpp", "", "the server"),
    Kind(
        "vllm:NAME@URL",
        "a server of a known kind; also sglang:, llamacpp:, ollama:, lmstudio:",
        "",
        f"{OWN_KEY}, where it wants one",
    ),
    Kind(
        "openai:NAME@URL",
        "any server with /chat/completions: @http://gpu:8000/v1",
        "",
        f"{OWN_KEY}, where it wants one",
    ),
)
"""The kinds of models that `named` can make."""

ClipForm: TypeAlias = Literal["auto", "video", "images"]
"""How clips are sent: as an MP4, as pictures, or as what the server takes."""


class Settings(TypedDict):
    """What is passed on to the model of a server."""

    timeout: float
    clip_as: ClipForm


_EXAMPLES: Final = {"dashscope": "dashscope:qwen3-vl-plus", "openai": "openai:gpt-4o"}
_MAKERS: Final = {"openai": r"gpt-|chatgpt|o\d", "dashscope": r"qwen|qvq"}


@suggest_options()
def named(name: str, *, timeout: float = 60.0, clip_as: ClipForm = "auto") -> Vlm:
    """Make a model by its name.

    >>> named("opencv").name, named("openai:qwen2.5-vl@vllm").name
    ('opencv', 'qwen2.5-vl')

    Args:
        name: ``opencv``, ``dashscope:NAME``, ``openai:NAME``, ``openai:NAME@SERVER`` or ``openai:NAME@URL``;
            a server is one of `ADDRESSES`. If the address of a URL does not say which software the server runs, the
            model finds it out before the first question, and its repr then shows it. ``vllm:NAME@URL``, ``sglang:``,
            ``llamacpp:``, ``ollama:`` and ``lmstudio:`` name the software, and without ``@URL`` mean its usual address
            on this machine. Keys come from the environment; the key of a server with a URL is
            ``RXVLM_API_KEY``, if it needs one. ``openai:NAME`` is asked at ``OPENAI_BASE_URL`` if that is set.
            A host, a port or a path is never treated as the name of a model.
        timeout: Seconds for a whole call.
        clip_as: ``"video"`` sends clips as an MP4 only, ``"images"`` as pictures only; ``"auto"`` as a video if
            the server takes it, otherwise as pictures. ``opencv`` ignores it.

    Raises:
        ValueError: If there is no model of that name, or an address has no ``http://`` or ``https://``.
        ModelUnauthorizedError: If its key is missing.
    """
    check_above_zero("timeout", timeout, "seconds")
    try:
        return _made(name, timeout, clip_as)
    except ModelUnauthorizedError as error:  # the advice to pass api_key= does not apply: a name cannot hold a key
        raise ModelUnauthorizedError(str(error).partition(", or give")[0]) from None


def _made(name: str, timeout: float, clip_as: ClipForm) -> Vlm:
    if name == "opencv":
        return opencv()
    kind, _, rest = name.partition(":")
    if kind == "dashscope" and rest:
        if looks_like_an_address(rest):
            raise ValueError(_no_address_here(rest))
        return dashscope(rest, timeout=timeout, clip_as="frames" if clip_as == "images" else clip_as)
    if kind in ("openai", *_LOCAL) and rest:
        model, where = _split(rest)
        settings = Settings(timeout=timeout, clip_as=clip_as)
        if model and kind in _LOCAL:
            return _at_local(kind, model, ADDRESSES[kind] if where is None else where, settings)
        if model:
            return _at_openai(model, settings) if where is None else _at(model, where, settings)
    raise ValueError(_unknown(name))


def _split(rest: str) -> tuple[str, str | None]:
    """Return the name of a model and what follows its @: what the name itself holds may have an @, too."""
    if url := re.search(r"@(?=https?://)", rest):
        return rest[: url.start()], rest[url.end() :]
    model, at, where = rest.rpartition("@")
    return (model, where) if at else (where, None)


def _at(model: str, where: str, settings: Settings) -> Vlm:
    """Make a model of a server that was named or given by its URL; anything else is an error, never a cloud."""
    if where in ADDRESSES:
        if where in _CLOUDS and looks_like_an_address(model):
            raise ValueError(_no_model(model))
        return openai_compatible(ADDRESSES[where], model, server=where, **settings)
    if re.match(r"https?://", where):
        return openai_compatible(where, model, os.environ.get(OWN_KEY), server=FIND_OUT, **settings)
    if looks_like_an_address(where) or not re.match(r"[a-z_][^:/]*$|$", where, re.IGNORECASE):
        raise ValueError(no_address(where))
    raise ValueError(_no_server(model, where))


def _at_local(kind: str, model: str, where: str, settings: Settings) -> Vlm:
    """Make a model of a server whose software the name says."""
    if not re.match(r"https?://", where):
        raise ValueError(no_address(where) if where else _unknown(f"{kind}:{model}@"))
    return openai_compatible(where, model, os.environ.get(OWN_KEY), server=kind, **settings)


def _at_openai(model: str, settings: Settings) -> Vlm:
    """Make a model of OpenAI, or of the server that OpenAI's own clients would ask in this environment."""
    variable = next((name for name in _OPENAI_ADDRESSES if os.environ.get(name, "").strip()), "")
    base_url = os.environ[variable].strip() if variable else ADDRESSES["openai"]
    if not re.match(r"(?i)https?://", base_url):
        raise ValueError(f"{variable}: {no_address(base_url)}")
    known = server_of(None, base_url)
    if known.key and looks_like_an_address(model) and not model.startswith("ft:"):
        raise ValueError(_no_model(model))
    if known.name == "openai" and "/" in model:
        raise ValueError(f"OpenAI has no model {model!r}; did you mean openai:{model}@openrouter?")
    server = FIND_OUT if variable else "openai"
    return openai_compatible(base_url, model, os.environ.get("OPENAI_API_KEY"), server=server, **settings)


def _no_server(model: str, where: str) -> str:
    """Write the error for a word after @ that is not the name of a server, or for none."""
    name = f"openai:{model}@{where}"
    if "@" in model or not where:  # it may hold a password
        return _unknown(name)
    known = next(iter(get_close_matches(where.lower(), ADDRESSES, 1, 0.8)), None) or meant_address(where)
    return f"there is no model {name!r}; did you mean openai:{model}@{known}?"


def _no_address_here(rest: str) -> str:
    """Write the error for an address in the name of a model of DashScope."""
    where = rest.rpartition("@")[2]
    slip = f"{no_address(where)} " if where and not re.match(r"https?://", where) else ""
    return (
        f"{slip}dashscope:NAME takes no address: set DASHSCOPE_HTTP_BASE_URL, or write "
        f"openai:NAME@{meant_address(where)}"
    )


def _no_model(text: str) -> str:
    """Write the error for an address in the place of a model's name."""
    return (
        f"{without_secrets(text)} looks like an address, not like the name of a model; "
        f"did you mean openai:NAME@{meant_address(text)}?"
    )


def _unknown(name: str) -> str:
    """Write the error for an unknown name, with what was perhaps meant."""
    if (alone := name.rstrip(":")) in _EXAMPLES:
        return f"{alone} needs the name of a model, as in {_EXAMPLES[alone]}"
    kind = next((kind for kind, begins in _MAKERS.items() if re.match(begins, name, re.IGNORECASE)), None)
    # One @ alone stands before a server; what stands before another one, or after a scheme, may be a login.
    shown = without_secrets(name) if name.count("@") > 1 or "://" in name else name
    model, where = _split(name)
    if looks_like_an_address(where or name) and ":" not in (model if where else ""):
        meant = f"did you mean openai:{model if where else 'NAME'}@{meant_address(where or name)}?"
    elif kind:
        meant = f"did you mean {kind}:{name}?"
    else:
        meant = f"there are {', '.join(kind.form for kind in KINDS)}"
    return f"there is no model {shown!r}; {meant}"
