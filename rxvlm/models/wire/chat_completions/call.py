"""ChatCall: one question over chat completions: its deadline, the form of its clip, its answer or error."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from reactivex.abc import ObserverBase

from rxvlm.clip import Clip
from rxvlm.errors import ModelError, ModelTimeoutError, PartialAnswerError, RxvlmError, VideoIgnoredError
from rxvlm.models.schemas.json_schema import JsonSchema
from rxvlm.models.wire.chat_completions.answer import AnswerReader
from rxvlm.models.wire.chat_completions.capabilities import Form, Server
from rxvlm.models.wire.chat_completions.detection import KnownServer
from rxvlm.models.wire.chat_completions.endpoint import Endpoint
from rxvlm.models.wire.chat_completions.http_thread import ClientFactory
from rxvlm.models.wire.chat_completions.request import form_of, request_body, schema_format
from rxvlm.models.wire.chat_completions.response_body import read_chunks, read_refused
from rxvlm.models.wire.chat_completions.token_check import enough_tokens
from rxvlm.models.wire.chat_completions.transport import Attempt, transport_error
from rxvlm.models.wire.clip_forms import ClipAs
from rxvlm.models.wire.connecting import Connecting
from rxvlm.models.wire.destinations import note_destination
from rxvlm.models.wire.error_table import model_error
from rxvlm.models.wire.events import events_in
from rxvlm.models.wire.refusal import read_refusal
from rxvlm.models.wire.video_refusal import PicturesInstead
from rxvlm.network.proxies import proxy_for, through
from rxvlm.text import ThoughtHabit
from rxvlm.vlm import Piece

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

_log = logging.getLogger("rxvlm")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChatSettings:
    """How a model is asked over chat completions.

    Attributes:
        name: Its name in errors.
        model: The server's name for it.
        endpoint: The address and the credentials.
        known: What is known of the server.
        clip_as: The form in which a clip is sent.
        timeout: Seconds for a whole call.
        parameters: What goes into every request body.
        habit: What its answers have shown about its thoughts.
        pictures: What the server has shown of video and pictures.
        schema: What the answer must match, as far as the server supports that; None if anything.
        connecting: The questions that have not reached the server yet.
    """

    name: str
    model: str
    endpoint: Endpoint
    known: KnownServer
    clip_as: ClipAs
    timeout: float
    parameters: dict[str, Any]
    habit: ThoughtHabit = field(default_factory=ThoughtHabit)
    pictures: PicturesInstead = field(default_factory=PicturesInstead)
    schema: JsonSchema | None = None
    connecting: Connecting = field(default_factory=Connecting)

    @property
    def server(self) -> Server:
        """The present knowledge about the capabilities of the server."""
        return self.known.server

    @property
    def fields(self) -> dict[str, Any]:
        """What goes into every request body, with what depends on the server."""
        held = {} if self.schema is None else schema_format(self.server, self.schema)
        return {"model": self.model, **self.server.always, **self.parameters, **held}

    @property
    def refuses_video(self) -> threading.Event:
        """Set when the server has refused video and answered about pictures: it is sent pictures only from then on."""
        return self.pictures.refuses_video


class ChatCall:
    """One question and its answer, for one subscription.

    Args:
        settings: How the model is asked.
        clip: The clip.
        prompt: The question.
        observer: Receives the pieces of the answer.
    """

    def __init__(self, settings: ChatSettings, clip: Clip, prompt: str, observer: ObserverBase[Piece]) -> None:
        self._settings = settings
        self._proxy = proxy_for(settings.endpoint.url)
        self._name = through(settings.name, self._proxy)
        self._url = settings.endpoint.url.removesuffix("/chat/completions")
        self._clip = clip
        self._prompt = prompt
        self._observer = observer
        self._attempt = Attempt()
        self._emitted = False

    async def run(self, get_client: ClientFactory) -> None:
        """Ask, and pass the pieces and the end to the observer; every error is an error of the stream."""
        end: Callable[[], None] = self._observer.on_completed
        try:
            with self._settings.connecting.noted(self._clip.source, self._url, lambda: self._attempt.sent):
                async with asyncio.timeout(self._settings.timeout) as self._deadline:
                    await self._ask(get_client(self._proxy))
        except Exception as error:  # noqa: BLE001 - all errors travel in the stream
            end = partial(self._observer.on_error, self._as_ours(error))
        await self._notify(end)

    def _as_ours(self, error: Exception) -> RxvlmError:
        if isinstance(error, RxvlmError):
            return error
        name, seconds = self._name, self._settings.timeout
        if isinstance(error, TimeoutError):
            sent = self._attempt.sent
            missed = "did not answer" if sent else "could not be sent the question"
            return ModelTimeoutError(f"{name} {missed} within {seconds:g} s", retryable=not sent)
        ours = transport_error(error, name, self._url, asked="proxy" if self._proxy else "server")
        ours.__cause__ = error
        return ours

    async def _ask(self, client: AsyncClient) -> None:
        settings = self._settings
        await settings.known.find_out(client, settings.endpoint)
        form = form_of(self._clip, settings.clip_as, settings.server, video=not settings.refuses_video.is_set())
        try:
            await self._ask_as(form, client)
        except ModelError as error:
            kept = self._emitted or form == "images" or settings.clip_as != "auto"
            if kept or not settings.pictures.may_help(error, self._attempt.status, monotonic()):
                raise
            refused = error.with_traceback(None)
        else:
            return
        await self._ask_with_pictures(refused, client)

    async def _ask_with_pictures(self, refused: ModelError, client: AsyncClient) -> None:
        """Ask once more, with pictures; if that fails, the error is what the server said to the video or to them."""
        settings = self._settings
        try:
            await self._ask_as("images", client)
        except Exception as error:
            if self._emitted:
                raise  # the server takes pictures; its answer broke off
            settings.pictures.failed(monotonic())
            raise settings.pictures.error_of(refused, error) from None
        settings.pictures.answered(settings.name, refused)

    async def _ask_as(self, form: Form, client: AsyncClient) -> None:
        settings = self._settings
        # Another form of a clip is made by decoding and encoding it, which must not block the thread of all calls.
        clip, body = await asyncio.to_thread(
            request_body,
            self._clip,
            self._prompt,
            form,
            settings.server,
            name=settings.name,
            parameters=settings.fields,
        )
        headers = {**settings.endpoint.headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        self._attempt = Attempt()
        note_destination(settings.endpoint.url)
        async with self._attempt.send(client, settings.endpoint.url, headers, body) as response:
            self._attempt.status = response.status_code
            last = await self._read(response)
        self._check(last, clip, form)
        await self._emit(last)

    def _check(self, last: Piece, clip: Clip, form: Form) -> None:
        """Raise VideoIgnoredError if the server's token count shows that it did not look at the clip."""
        name, server, usage = self._settings.name, self._settings.server, last.usage
        if not usage or not usage.input or form not in server.counts:
            return
        if not enough_tokens(clip, form, self._prompt, usage.input):
            raise VideoIgnoredError(
                f"{name} counted {usage.input} tokens, too few for a clip of {len(clip.times)} frames: it answered "
                "without looking at it; another form (clip_as) or another model may help",
                request_id=last.request_id or "",
            )

    async def _read(self, response: Response) -> Piece:
        """Emit the pieces of a stream, and return the last one; without streaming, the last one is the whole answer."""
        name, request_id = self._name, response.headers.get("x-request-id", "")
        if not response.is_success:
            body = await read_refused(response, name)
            said = read_refusal(response.status_code, body, response.headers, time())
            raise model_error(name, said, self._settings.endpoint.url)
        if response.headers.get("x-dashscope-partialresponse") == "true":
            raise PartialAnswerError(f"{name} took too long, and was cut off by its server", request_id=request_id)
        settings = self._settings
        reader = AnswerReader(
            name,
            settings.model,
            request_id,
            habit=settings.habit,
            url=settings.endpoint.url,
        )
        async for event in events_in(read_chunks(response, name), name):
            if words := reader.read_event(event):
                await self._emit(Piece(words))
            if reader.complete:
                break
        rest = reader.read_rest()
        return replace(reader.last_piece(), text=rest)

    async def _emit(self, piece: Piece) -> None:
        self._emitted = True
        until = self._deadline.when()
        self._deadline.reschedule(None)  # the deadline's error must not come while the observer is handling a piece
        await self._notify(partial(self._observer.on_next, piece))
        self._deadline.reschedule(until)

    async def _notify(self, call_observer: Callable[[], None]) -> None:
        """Call the observer on a worker thread, so that a slow subscriber does not hold up other calls."""
        try:
            await asyncio.to_thread(call_observer)
        except Exception as error:
            _log.exception("the subscriber to an answer of %s raised an exception", self._settings.name)
            raise asyncio.CancelledError from error
