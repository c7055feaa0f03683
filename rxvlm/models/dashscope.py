"""dashscope: Qwen-VL and related models at Alibaba's Model Studio, through its SDK."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Any, Literal, TypeAlias, get_args

from reactivex import Observable

from rxvlm.arguments import check_number, suggest_options
from rxvlm.clip import MP4, Clip
from rxvlm.errors import BadAnswerError, ModelRefusedError, RxvlmError
from rxvlm.models.schemas.json_schema import JsonSchema, mentioning_json
from rxvlm.models.wire.connecting import Connecting
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.dashscope_sdk.content import files_of, picture_items, video_item
from rxvlm.models.wire.dashscope_sdk.deadline import call_with_deadline
from rxvlm.models.wire.dashscope_sdk.instead import video_or_pictures
from rxvlm.models.wire.dashscope_sdk.key import find_key
from rxvlm.models.wire.dashscope_sdk.limits import ClipAs, fitting
from rxvlm.models.wire.dashscope_sdk.reply import error_in_reply, pieces_in
from rxvlm.models.wire.threads import WORKERS
from rxvlm.models.wire.video_refusal import PicturesInstead
from rxvlm.network.hosts import no_address
from rxvlm.network.proxies import proxy_for, through
from rxvlm.text import ThoughtHabit
from rxvlm.vlm import Piece

Form: TypeAlias = ClipAs | Literal["images"]
CONNECT_SECONDS = 10.0
_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
_CLOUD = "https://dashscope.aliyuncs.com"  # where the SDK asks by itself
_OF_CLIP = ("fps", "max_frames", "min_pixels", "max_pixels", "total_pixels")
_SET_HERE = {
    *("messages", "session", "headers", "user_agent", "request_timeout", "base_address", "extra_url_parameters"),
    *("api_protocol", "http_method", "enable_encryption", "enable_thinking", "incremental_output", "n"),
}


@suggest_options()
def dashscope(
    model: str = "qwen3-vl-plus",
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float = 60.0,
    clip_as: ClipAs = "auto",
    stream: bool = False,
    thinking: bool = False,
    takes_schema: bool = False,
    name: str | None = None,
    **parameters: Any,  # noqa: ANN401 - JSON of any kind
) -> DashScopeVlm:
    """Make a model of DashScope, Alibaba's Model Studio.

    A clip is adapted to the documented limits before anything is sent: the last frame of a video shorter than
    2 s is extended, a list of fewer than 4 pictures repeats the last one, and a clip of 10 MB or more in base64 is made
    smaller. A clip that cannot be adapted is an error, and costs nothing. Each question is one request and is
    never sent again, because a question whose answer is lost may be billed. At the level DEBUG the SDK logs the
    questions, with a mark instead of the clip.

    Args:
        model: DashScope's name for the model.
        api_key: The key. None takes it from ``DASHSCOPE_API_KEY``, from the file that
            ``DASHSCOPE_API_KEY_FILE_PATH`` names, or from ``~/.dashscope/api_key``.
        base_url: The address. None takes it from ``DASHSCOPE_HTTP_BASE_URL``, or else Beijing's. A key is valid
            in one region only.
        timeout: Seconds for a whole call.
        clip_as: ``"auto"`` sends a clip inline: an MP4 as a video, JPEGs as a list of frames with their rate. If a
            video is refused, the model is asked once more with pictures, as `openai_compatible` does.
            ``"video"`` and ``"frames"`` send it in that form only. ``"upload"`` puts it into DashScope's storage
            first, which keeps it for 48 hours: for tests, and for clips of up to 100 MB.
        stream: Whether pieces are emitted as the model writes them. Thinking models, and models that can only
            stream, always do so.
        thinking: Whether the model thinks first. Its thoughts are in `Piece.thought`; JSON cannot be enforced then.
        takes_schema: Whether the model supports a JSON schema; otherwise JSON is enforced, and the schema is in
            the prompt only.
        name: The model's name in tables and answers; DashScope's name for it if None.
        parameters: Further parameters of the request: ``temperature=0.1``, ``max_tokens=200``, ``workspace=...``.
            ``fps``, ``max_frames``, ``min_pixels``, ``max_pixels`` and ``total_pixels`` control how the model
            samples the clip. Without ``fps`` the clip's own rate is sent, limited to 0.1 to 10, so that the model
            reads every frame of the clip.

    Returns:
        A Vlm. It holds no thread and no connection, and loads the SDK at the first question.

    Raises:
        ModelUnauthorizedError: If there is no key.
        ValueError: If a setting is out of range, or this library sets a parameter itself.
    """
    check_number("timeout", timeout, "seconds")
    if not model or not 0 < timeout < inf or clip_as not in get_args(ClipAs):
        raise ValueError(
            f"dashscope() takes a model by its name, a finite timeout above 0 s, and as clip_as one of "
            f"{', '.join(get_args(ClipAs))}, not {model!r}, {timeout!r} and {clip_as!r}"
        )
    if reserved := sorted(_SET_HERE & parameters.keys()):
        raise ValueError(f"dashscope() takes no {', '.join(reserved)}: it sets them itself")
    where = "the base_url of dashscope()" if base_url else _VARIABLE
    base_url = base_url or os.environ.get(_VARIABLE) or None
    if base_url is not None and not re.match(r"https?://[^\s/]\S*$", base_url):
        raise ValueError(f"{where}: {no_address(base_url)}")
    return DashScopeVlm(
        name or model,
        model,
        find_key(api_key),
        base_url,
        timeout,
        clip_as,
        stream=stream or thinking or bool(re.search("qvq|omni", model)),
        thinking=thinking,
        takes_schema=takes_schema,
        of_clip={one: parameters.pop(one) for one in _OF_CLIP if one in parameters},
        parameters=parameters,
    )


@dataclass(frozen=True, eq=False, repr=False)
class DashScopeVlm:
    """A model of DashScope; see `dashscope`."""

    name: str
    model: str
    key: str = field(repr=False)
    base_url: str | None = field(repr=False)
    timeout: float
    clip_as: ClipAs
    stream: bool
    thinking: bool
    takes_schema: bool
    of_clip: Mapping[str, Any]
    parameters: Mapping[str, Any]
    habit: ThoughtHabit = field(default_factory=ThoughtHabit, repr=False)
    pictures: PicturesInstead = field(default_factory=PicturesInstead, repr=False)
    connecting: Connecting = field(default_factory=Connecting, repr=False)

    def __repr__(self) -> str:
        return f"dashscope({self.model!r})"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask on a worker thread, at each subscription; disposing closes the connection."""
        name = through(self.name, proxy_for(self.base_url or _CLOUD))
        return call_with_deadline(lambda call_socket: self._fetch(clip, prompt, name, call_socket), self.timeout, name)

    def with_schema(self, schema: JsonSchema) -> DashScopeVlm:
        """Return the same model with JSON enforced; the model itself if it thinks, which excludes JSON."""
        if self.thinking:
            return self
        held: dict[str, Any] = {"type": "json_object"}
        if self.takes_schema:
            held = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}
        return replace(self, parameters={**self.parameters, "response_format": held})

    def warm(self) -> None:
        """Load the SDK on a worker thread, which takes 0.7 s, so that the first question does not wait for it."""

        def load(*_: object) -> None:
            _sdk()

        WORKERS.schedule(load)

    def _fetch(self, clip: Clip, prompt: str, name: str, call_socket: CallSocket) -> Generator[Piece, None, None]:
        ask = partial(self._ask, clip, prompt, name, call_socket)
        with self.connecting.noted(clip.source, self.base_url or _CLOUD, lambda: call_socket.ready):
            if self.clip_as != "auto" or clip.media_type != MP4:
                yield from ask(self.clip_as)
            else:
                yield from video_or_pictures(partial(ask, "auto"), partial(ask, "images"), self.pictures, self.name)

    def _ask(
        self, clip: Clip, prompt: str, name: str, call_socket: CallSocket, form: Form
    ) -> Generator[Piece, None, None]:
        clip = fitting(clip, "frames" if form == "images" else form, self.model, self.name)
        sdk = _sdk()
        from rxvlm.models.wire.dashscope_sdk.session import CallFailed, CallSession  # it loads requests

        check = partial(error_in_reply, name, url=self.base_url or "")
        inline = () if self.clip_as == "upload" else files_of(clip)
        with closing(CallSession(name, self.key, call_socket, check, inline)) as session:
            try:
                content = [*self._items(clip, form, call_socket), {"text": self._text(prompt)}]
                said = sdk.MultiModalConversation.call(
                    self.model,
                    [{"role": "user", "content": content}],
                    api_key=self.key,
                    base_address=self.base_url,
                    session=session,
                    headers={},
                    request_timeout=self._timeouts,
                    enable_thinking=self.thinking,
                    **({"stream": True, "incremental_output": True} if self.stream else {}),
                    **self.parameters,
                )
                yield from pieces_in(self.name, said if self.stream else [said], self.habit)
            except CallFailed as failed:
                error = failed.error
            except RxvlmError:
                raise
            except Exception as bug:  # noqa: BLE001 - the SDK may raise anything on a reply it does not expect
                kind = BadAnswerError if call_socket.ready else ModelRefusedError
                error = kind(f"{self.name}: the SDK failed with {type(bug).__name__}: {bug}".replace(self.key, "***"))
            else:
                return
        raise error  # outside of the except block: no traceback may hold the request, with the key and the clip

    @property
    def _timeouts(self) -> tuple[float, float]:
        """Seconds to connect, and seconds of silence; the deadline of the whole call is apart."""
        return min(CONNECT_SECONDS, self.timeout), self.timeout

    def _items(self, clip: Clip, form: Form, call_socket: CallSocket) -> list[dict[str, Any]]:
        """Write a clip as a part of the question; marks stand for inline data until it is sent."""
        from rxvlm.models.wire.dashscope_sdk.session import MARK

        files = files_of(clip)
        addresses = [f"data:{clip.media_type};base64,{MARK}"] * len(files)
        if self.clip_as == "upload":
            from rxvlm.models.wire.dashscope_sdk.upload import Storage

            base_url = self.base_url or _sdk().base_http_api_url
            addresses = Storage(self.model, base_url, self.key, self._timeouts, call_socket).put(files, clip.media_type)
        return picture_items(clip, addresses) if form == "images" else video_item(clip, addresses, self.of_clip)

    def _text(self, prompt: str) -> str:
        """Return the prompt; the line break before it keeps the SDK from taking it for a file name and uploading it."""
        held = self.parameters.get("response_format", {}).get("type") == "json_object"
        return f"\n{mentioning_json(prompt) if held else prompt}"


def _sdk() -> Any:  # noqa: ANN401 - the SDK's types are partly unknown
    import dashscope as sdk  # 0.7 s, and 60 MB

    return sdk
