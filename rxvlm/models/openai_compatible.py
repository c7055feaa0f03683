"""openai_compatible: vLLM, SGLang, Ollama, LM Studio, llama.cpp, OpenRouter, OpenAI, and servers with the same API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.arguments import check_above_zero, suggest_options
from rxvlm.clip import Clip
from rxvlm.models.schemas.json_schema import JsonSchema
from rxvlm.models.wire.chat_completions.call import ChatCall, ChatSettings
from rxvlm.models.wire.chat_completions.capabilities import ANY, Server, server_of
from rxvlm.models.wire.chat_completions.detection import KnownServer, why_not_ready
from rxvlm.models.wire.chat_completions.endpoint import endpoint
from rxvlm.models.wire.chat_completions.http_thread import ClientFactory, HttpThread
from rxvlm.models.wire.clip_forms import ClipAs
from rxvlm.network.proxies import proxy_for
from rxvlm.vlm import Piece, Vlm

FIND_OUT: Final = "find out"
"""In the place of a kind of server: ask it what it is."""


@suggest_options()
def openai_compatible(
    base_url: str,
    model: str,
    api_key: str | None = None,
    *,
    timeout: float = 60.0,
    clip_as: ClipAs = "auto",
    server: str | Server | None = None,
    stream: bool = False,
    name: str | None = None,
    **parameters: Any,  # noqa: ANN401 - JSON of any kind
) -> Vlm:
    """Make a model of any server that has a ``/chat/completions`` like OpenAI's.

    One ask is one request and is never repeated, with one exception: if a server refuses a video, with any
    message, it is asked once more with pictures. If it answers them, it gets only pictures from then on, and the
    log says so. If it does not, video is tried again for the next clip, and pictures are not tried again for 60 s.

    Redirects, cookies and ``.netrc`` are ignored;
    proxies of the environment are used. Each picture has a text before it, ``Frame 3, t=1.50 s:``, with the
    seconds since the clip's first frame, as in a video.

    If the server's token count is too low to include the clip, the ask fails with a
    `VideoIgnoredError`.

    Args:
        base_url: The address, with ``/v1``: ``http://localhost:8000/v1``. A user and password in it are sent
            as basic authentication and never shown.
        model: The server's name for the model.
        api_key: The key. None takes it from the environment for OpenAI (``OPENAI_API_KEY``), OpenRouter
            (``OPENROUTER_API_KEY``) and DashScope (``DASHSCOPE_API_KEY``), and sends none to other servers.
        timeout: Seconds for the whole call: adapting the clip, connecting, sending, receiving the answer.
        clip_as: ``"video"``: an MP4; ``"frames"``: a list of pictures as one video, for DashScope;
            ``"images"``: pictures; ``"auto"``: the best form that the clip can take and the server accepts.
        server: The software that the server runs: ``"vllm"``, ``"sglang"``, ``"ollama"``, ``"lmstudio"``,
            ``"llamacpp"``, ``"openrouter"``, ``"dashscope"``, ``"openai"`` or ``"any"``. None: guess it from host and
            port. ``"find out"``: ask the server before the first question, if host and port do not say it.
        stream: Whether pieces of the answer come as the model writes them, or one piece at the end.
        name: The model's name in tables and answers; the server's name for it if None.
        parameters: Further fields of the request, such as ``temperature=0.1`` or ``max_tokens=200``; None removes
            a field that would be sent otherwise.

    Returns:
        A Vlm; its errors are `ModelError`s.

    Raises:
        ModelUnauthorizedError: If there is no key, and the server needs one.
        ValueError: If an argument is out of range, or the address is not valid.
        TypeError: If a parameter cannot be written as JSON.
    """
    check_above_zero("timeout", timeout, "seconds")
    if "messages" in parameters:
        raise ValueError("messages cannot be a parameter: they are made from the clip and the prompt")
    json.dumps(parameters)
    known = server_of(None if server == FIND_OUT else server, base_url)
    return ChatVlm(
        name or model,
        model,
        endpoint(base_url, api_key, known),
        KnownServer(known, asks=server == FIND_OUT and known is ANY),
        clip_as,
        timeout,
        {**({"stream": True} if stream else {}), **parameters},
    )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChatVlm(ChatSettings):
    """A model behind OpenAI's protocol; see `openai_compatible`."""

    http: HttpThread = field(default_factory=HttpThread)

    def __repr__(self) -> str:
        return f"openai_compatible({self.endpoint.url!r}, {self.model!r}, server={self.known!r})"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Send the question at each subscription; disposing closes its connection."""

        def subscribe(observer: ObserverBase[Piece], _scheduler: SchedulerBase | None = None) -> DisposableBase:
            return self.http.call(ChatCall(self, clip, prompt, observer).run)

        return Observable(subscribe)

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return the same model with the schema in its requests, as far as the server supports that."""
        return replace(self, schema=schema)

    def look(self) -> KnownServer:
        """Ask the server which software it runs, if that is unknown, and wait for the answer."""

        async def find(get_client: ClientFactory) -> KnownServer:
            await self.known.find_out(get_client(proxy_for(self.endpoint.url)), self.endpoint)
            return self.known

        return self.http.run(find)

    def why_not_ready(self) -> str:
        """Wait for the server, and return why it cannot be asked yet; "" if it can."""

        async def ask(get_client: ClientFactory) -> str:
            return await why_not_ready(get_client(proxy_for(self.endpoint.url)), self.endpoint, self.model)

        return self.http.run(ask)
