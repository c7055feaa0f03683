"""Any server that speaks OpenAI's protocol: vLLM, SGLang, Ollama, LM Studio, llama.cpp, OpenRouter, OpenAI."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, get_args

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.clip import Clip
from rxvlm.errors import (
    ModelTimeoutError,
    NoVideoInputError,
    PartialAnswerError,
    RxvlmError,
    VideoIgnoredError,
)
from rxvlm.models.schemas.json_schema import JsonSchema
from rxvlm.models.wire.chat_completions.answer import AnswerReader
from rxvlm.models.wire.chat_completions.capabilities import Form, Server, server_of
from rxvlm.models.wire.chat_completions.endpoint import Endpoint, endpoint
from rxvlm.models.wire.chat_completions.http_thread import ClientFactory, HttpThread
from rxvlm.models.wire.chat_completions.request import form_of, request_body, schema_format
from rxvlm.models.wire.chat_completions.token_check import enough_tokens
from rxvlm.models.wire.chat_completions.transport import Attempt, read_body, read_lines, transport_error
from rxvlm.models.wire.clip_forms import ClipAs
from rxvlm.models.wire.server_errors import model_error, read_refusal
from rxvlm.vlm import Piece, Vlm

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

_log = logging.getLogger("rxvlm")


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
    """Make a model of any server with a ``/chat/completions`` like OpenAI's.

    One ask is one request, never repeated, whatever happens to it, with one exception: a server
    that refuses video as such is asked once more with pictures, and from then on with
    pictures only. Redirects, cookies and ``.netrc`` are ignored, proxies of the environment are
    not. Pictures are told apart by text: ``Frame 3, t=1.50 s:``, seconds since the clip's
    first frame, as in a video of it.

    Where the server counts tokens, and counts too few to have looked at the clip, the answer
    is a `VideoIgnoredError`.

    Args:
        base_url: Where it is, ``/v1`` included: ``http://localhost:8000/v1``. A user and password in it
            are sent as such, and shown nowhere.
        model: What the server calls the model.
        api_key: The key; None: from the environment for OpenAI (``OPENAI_API_KEY``), OpenRouter
            (``OPENROUTER_API_KEY``) and DashScope (``DASHSCOPE_API_KEY``), no key for others.
        timeout: Seconds for the whole call: mending the clip, connecting, sending, the whole answer.
        clip_as: ``"video"``: an MP4; ``"frames"``: a list of pictures as one video, for DashScope;
            ``"images"``: pictures; ``"auto"``: the best of what the clip can become and the server takes.
        server: What is known of the server: ``"vllm"``, ``"sglang"``, ``"ollama"``, ``"lmstudio"``, ``"llamacpp"``,
            ``"openrouter"``, ``"dashscope"``, ``"openai"`` or ``"any"``; None goes by the address.
        stream: Whether pieces of the answer come as the model writes them, or one piece at the end.
        name: What tables and answers call it; the model's name if None.
        parameters: Sent along: ``temperature=0.1``, ``max_tokens=200``, whatever the server knows; None
            leaves out what would be sent otherwise.

    Returns:
        A Vlm; its errors are `ModelError`s.

    Raises:
        ModelUnauthorizedError: If there is no key, and the server takes nobody without.
        ValueError: If an argument is out of range, or the address makes no sense.
        TypeError: If a parameter is no JSON.
    """
    if not timeout > 0:
        raise ValueError(f"timeout must be above 0 seconds, not {timeout}")
    if clip_as not in get_args(ClipAs):
        raise ValueError(f"clip_as must be one of {', '.join(get_args(ClipAs))}, not {clip_as!r}")
    if "messages" in parameters:
        raise ValueError("messages are made of the clip and the prompt")
    json.dumps(parameters)
    known = server_of(server, base_url)
    return ChatVlm(
        name or model,
        model,
        endpoint(base_url, api_key, known),
        known,
        clip_as,
        timeout,
        {**known.always, **({"stream": True} if stream else {}), **parameters},
    )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChatVlm:
    """A model behind OpenAI's protocol; see `openai_compatible`."""

    name: str
    model: str
    endpoint: Endpoint
    server: Server
    clip_as: ClipAs
    timeout: float
    parameters: dict[str, Any]
    http: HttpThread = field(default_factory=HttpThread)
    refuses_video: threading.Event = field(default_factory=threading.Event)

    def __repr__(self) -> str:
        return f"openai_compatible({self.endpoint.url!r}, {self.model!r}, server={self.server.name!r})"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Send the question at each subscription; disposing closes its connection."""

        def subscribe(observer: ObserverBase[Piece], _scheduler: SchedulerBase | None = None) -> DisposableBase:
            return self.http.call(_Ask(self, clip, prompt, observer).run)

        return Observable(subscribe)

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Give the same model, its server held to JSON as well as it can be."""
        return replace(self, parameters={**self.parameters, **schema_format(self.server, schema)})


class _Ask:
    """One question, from its first byte to the answer's end."""

    def __init__(self, vlm: ChatVlm, clip: Clip, prompt: str, observer: ObserverBase[Piece]) -> None:
        self._vlm = vlm
        self._clip = clip
        self._prompt = prompt
        self._observer = observer
        self._exchange = Attempt()
        self._gave = False

    async def run(self, get_client: ClientFactory) -> None:
        """Ask, and give what comes of it; all errors go to the observer."""
        end: Callable[[], None] = self._observer.on_completed
        try:
            async with asyncio.timeout(self._vlm.timeout) as self._limit:
                await self._ask(get_client())
        except Exception as error:  # noqa: BLE001 - all errors travel in the stream
            end = partial(self._observer.on_error, self._ours(error))
        await self._tell(end)

    def _ours(self, error: Exception) -> RxvlmError:
        if isinstance(error, RxvlmError):
            return error
        name, seconds = self._vlm.name, self._vlm.timeout
        if isinstance(error, TimeoutError):
            sent = self._exchange.sent
            missed = "gave no answer" if sent else "was sent nothing"
            return ModelTimeoutError(f"{name} {missed} within {seconds:g} s", retryable=not sent)
        told = transport_error(error, name, self._vlm.endpoint.url.removesuffix("/chat/completions"))
        told.__cause__ = error
        return told

    async def _ask(self, client: AsyncClient) -> None:
        form = form_of(self._clip, self._vlm.clip_as, self._vlm.server, video=not self._vlm.refuses_video.is_set())
        try:
            await self._ask_as(form, client)
        except NoVideoInputError:
            if self._gave or form == "images" or self._vlm.clip_as != "auto":
                raise
            self._vlm.refuses_video.set()
            await self._ask_as("images", client)

    async def _ask_as(self, form: Form, client: AsyncClient) -> None:
        vlm = self._vlm
        parameters = {"model": vlm.model, **vlm.parameters}
        # Another form of a clip is made by decoding and encoding it: not on the thread of everybody's calls.
        clip, body = await asyncio.to_thread(
            request_body, self._clip, self._prompt, form, vlm.server, name=vlm.name, parameters=parameters
        )
        headers = {**vlm.endpoint.headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        self._exchange = Attempt()
        async with self._exchange.reply(client, vlm.endpoint.url, headers, body) as response:
            facts = await self._hear(response)
        self._check(facts, clip, form)
        await self._give(facts)

    def _check(self, facts: Piece, clip: Clip, form: Form) -> None:
        vlm, usage = self._vlm, facts.usage
        if not usage or not usage.input or form not in vlm.server.counts:
            return
        if not enough_tokens(clip, form, self._prompt, usage.input):
            raise VideoIgnoredError(
                f"{vlm.name} counted {usage.input} tokens, too few for a clip of {len(clip.times)} frames: it answered "
                "without a look at it; another form (clip_as) or another model may help",
                request_id=facts.request_id or "",
            )

    async def _hear(self, response: Response) -> Piece:
        """Give the pieces of a stream, and return the last; an answer that comes whole is the last."""
        name, known = self._vlm.name, response.headers.get("x-request-id", "")
        if not response.is_success:
            raise model_error(
                name, read_refusal(response.status_code, await read_body(response, name), response.headers, time())
            )
        if response.headers.get("x-dashscope-partialresponse") == "true":
            raise PartialAnswerError(f"{name} took too long, and was cut off by its server", request_id=known)
        hearing, text = AnswerReader(name, self._vlm.model, known), ""
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            async for line in read_lines(response, name):
                if said := hearing.line(line):
                    await self._give(Piece(said))
                if hearing.whole:
                    break
        else:
            text = hearing.take(await read_body(response, name))
            hearing.whole = True
        return replace(hearing.facts(), text=text)

    async def _give(self, piece: Piece) -> None:
        self._gave = True
        until = self._limit.when()
        self._limit.reschedule(None)  # nobody may be told of an error while being given a piece
        await self._tell(partial(self._observer.on_next, piece))
        self._limit.reschedule(until)

    async def _tell(self, what: Callable[[], None]) -> None:
        """Tell the observer on a worker: however long it takes, other calls go on."""
        try:
            await asyncio.to_thread(what)
        except Exception as error:
            _log.exception("whoever was to hear the answer of %s raised", self._vlm.name)
            raise asyncio.CancelledError from error
