"""The kinds of servers that speak OpenAI's protocol, and what each can do: a row for each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from rxvlm.models.wire.clip_forms import Limits
from rxvlm.uri import without_secrets

Form: TypeAlias = Literal["video", "frames", "images"]
"""One inline MP4; a list of pictures as one video; separate pictures."""

_ROOMY: Final = Limits(seconds=0.0, most_seconds=math.inf, frames=1, most_frames=1000, size=100_000_000)


@dataclass(frozen=True, slots=True)
class Server:
    """What a kind of server can do. The defaults are safe with any server.

    Attributes:
        name: The name that selects it.
        forms: The forms of a clip that it accepts, the best first.
        limits: Of a video or a list of frames; the limit of bytes is also that of a picture.
        video_part: The type of the content part for a video: ``video_url`` with a ``data:`` URL, as most servers take
            it, or ``input_video`` with bare base64, as llama.cpp does.
        most_images: How many pictures it accepts in one question.
        sampling: The parameter that makes it look at every frame of a video: ``fps`` beside the video, or
            ``num_frames`` in ``media_io_kwargs``; None if it has none.
        json: The strictest ``response_format`` that it supports; None: JSON is asked for in the prompt only.
        stream_usage: Whether it reports the usage of a stream if asked in ``stream_options``.
        counts: The forms whose tokens are certainly included in its usage.
        key: The environment variable of its key; "" if it needs no key.
        always: Fields of every request, unless the caller sets them.
    """

    name: str = "any"
    forms: tuple[Form, ...] = ("video", "images")
    limits: Limits = _ROOMY
    video_part: Literal["video_url", "input_video"] = "video_url"
    most_images: int = 250
    sampling: Literal["fps", "num_frames"] | None = None
    json: Literal["json_schema", "json_object"] | None = None
    stream_usage: bool = False
    counts: tuple[Form, ...] = ("video", "frames")
    key: str = ""
    always: Mapping[str, Any] = field(default_factory=dict[str, Any])


ANY: Final = Server()
"""A server of which nothing is known."""
SERVERS: Final[Mapping[str, Server]] = {
    server.name: server
    for server in (
        ANY,
        Server(
            "vllm",
            most_images=999,
            sampling="num_frames",
            json="json_schema",
            stream_usage=True,
            counts=("video", "frames", "images"),
        ),
        Server("sglang", json="json_schema", stream_usage=True),
        # Its token count of a picture depended on the model, down to 1, and was 0 if the picture was cached.
        Server("ollama", forms=("images",), json="json_schema", stream_usage=True, counts=()),
        Server("lmstudio", forms=("images",), json="json_schema", stream_usage=True, counts=()),
        Server(  # it takes video since June 2026, if it finds ffmpeg
            "llamacpp", video_part="input_video", json="json_schema", stream_usage=True, counts=("images",)
        ),
        Server(
            "openrouter",
            json="json_schema",
            stream_usage=True,
            counts=("video", "frames", "images"),
            key="OPENROUTER_API_KEY",
        ),
        Server(
            "dashscope",
            forms=("video", "frames", "images"),
            limits=Limits(),
            sampling="fps",
            json="json_object",
            stream_usage=True,
            counts=("video", "frames", "images"),
            key="DASHSCOPE_API_KEY",
            always={"enable_thinking": False},  # newer models think by default, and refuse JSON then
        ),
        Server(
            "openai",
            forms=("images",),
            limits=Limits(0.0, math.inf, 1, 500, 20_000_000),
            most_images=500,
            json="json_schema",
            stream_usage=True,
            counts=("images",),
            key="OPENAI_API_KEY",
        ),
    )
}
_HOSTS: Final = {
    r"(.+\.)?openai\.com": "openai",
    r"(.+\.)?openrouter\.ai": "openrouter",
    r"dashscope(-\w+)?\.aliyuncs\.com|.+\.maas\.aliyuncs\.com": "dashscope",
}
_PORTS: Final = {"11434": "ollama", "1234": "lmstudio", "30000": "sglang"}


def server_of(server: str | Server | None, base_url: str) -> Server:
    """Return the capabilities of a server, by its name or its URL.

    >>> server_of(None, "http://localhost:11434/v1").name, server_of(None, "http://gpu:8000/v1").name
    ('ollama', 'any')

    Args:
        server: A name in `SERVERS`; a `Server` that the caller made; None to decide by the address: by its
            host, or by a port that only one kind of server uses.
        base_url: The address.

    Raises:
        ValueError: If there is no server of that name.
    """
    if isinstance(server, Server):
        return server
    if server is not None:
        if server not in SERVERS:
            raise ValueError(f"there is no server {server!r}, only {', '.join(SERVERS)}")
        return SERVERS[server]
    address = re.match(r"https?://([^/:]+)(?::(\d+))?(?:/|$)", without_secrets(base_url).lower())
    if address is None:
        return ANY
    for host, name in _HOSTS.items():
        if re.fullmatch(host, address[1]):
            return SERVERS[name]
    return SERVERS[_PORTS.get(address[2], ANY.name)]
