"""dashscope: Qwen-VL and its kin at Alibaba's Model Studio, through the real SDK."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from reactivex import Observable

from rxvlm.clip import MP4, Clip
from rxvlm.errors import BadAnswerError, ModelRefusedError, ModelUnauthorizedError, RxvlmError
from rxvlm.models.schemas.json_schema import JsonSchema, mentioning_json
from rxvlm.models.wire.clip_forms import Limits, as_pictures, as_video, dashscope_fps
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.dashscope_sdk.deadline import call_with_deadline
from rxvlm.models.wire.dashscope_sdk.reply import error_in_reply, pieces_in
from rxvlm.models.wire.streamed_body import encoded_size
from rxvlm.models.wire.threads import WORKERS
from rxvlm.vlm import Piece

ClipAs: TypeAlias = Literal["auto", "video", "frames", "upload"]
"""How a clip goes to DashScope; see `dashscope`."""

CONNECT_SECONDS = 10.0
_INLINE_PICTURES = 250  # the most in a request
_UPLOAD_BYTES = 100_000_000
_OF_CLIP = ("fps", "max_frames", "min_pixels", "max_pixels", "total_pixels")
_OURS = {
    *("messages", "session", "headers", "user_agent", "request_timeout", "base_address", "extra_url_parameters"),
    *("api_protocol", "http_method", "enable_encryption", "enable_thinking", "incremental_output", "n"),
}
_LIMITS: Final[list[tuple[str, Limits]]] = [
    (r"qwen3\.[5-9]|qwen[4-9]", Limits(most_seconds=7200, most_frames=8000)),
    (r"qwen-vl-max", Limits(most_seconds=1200, most_frames=512)),
    (r"qwen-vl-plus|qwen2\.5-vl|qvq", Limits(most_seconds=600, most_frames=512)),
]


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
    **parameters: Any,  # noqa: ANN401 - what the provider takes
) -> DashScopeVlm:
    """Ask a model of DashScope, Alibaba's Model Studio.

    A clip is mended to the documented limits before anything is sent: one shorter than 2 s stands
    still at its end, a list of less than 4 pictures repeats the last, what is 10 MB or more in
    base64 is made smaller. What cannot be mended is an error, and costs nothing. Each question is
    one request, never sent again: a question whose answer is lost may be billed. The SDK's logs at
    DEBUG show what is asked, with a mark in the place of the clip.

    Args:
        model: Its name there.
        api_key: None for ``DASHSCOPE_API_KEY``, what is in the file ``DASHSCOPE_API_KEY_FILE_PATH``, or in
            ``~/.dashscope/api_key``.
        base_url: None for ``DASHSCOPE_HTTP_BASE_URL``, or Beijing; keys are those of one region.
        timeout: Seconds for a whole call.
        clip_as: ``"auto"`` sends a clip inline as it is: an MP4 as a video, JPEGs as a list of frames with their
            rate. ``"video"`` and ``"frames"`` insist. ``"upload"`` puts it into DashScope's storage
            first, for 48 hours: for tests, and for clips of up to 100 MB.
        stream: Give the answer as it comes. Thinking models, and those that can only stream, do so anyway.
        thinking: Let the model think first; what it thinks is not given. It keeps to no JSON then.
        takes_schema: Whether the model takes a JSON schema; else it is held to JSON, and told of the schema in words.
        name: What tables and answers call it; None for its name there.
        parameters: Of the request: ``temperature=0.1``, ``max_tokens=200``, ``workspace=...``; ``fps``, ``max_frames``,
            ``min_pixels``, ``max_pixels`` and ``total_pixels`` say how the clip is looked at. Without
            ``fps`` the clip's own is said, 0.1 to 10, so that its very frames are looked at.

    Returns:
        A Vlm. It holds no thread and no connection, and loads the SDK at the first question.

    Raises:
        ModelUnauthorizedError: If there is no key.
        ValueError: If a setting is out of range, or a parameter is one that only this library sets.
    """
    if not model or not timeout > 0 or clip_as not in get_args(ClipAs):
        raise ValueError(
            f"dashscope() takes the name of a model, a timeout above 0 s and one of {', '.join(get_args(ClipAs))}, "
            f"not {model!r}, {timeout!r} and {clip_as!r}"
        )
    if reserved := sorted(_OURS & parameters.keys()):
        raise ValueError(f"dashscope() takes no {', '.join(reserved)}: these are its own to say")
    base_url = base_url or os.environ.get("DASHSCOPE_HTTP_BASE_URL") or None
    if base_url is not None and not re.match(r"https?://\S+$", base_url):
        raise ValueError("base_url begins with http:// or https://")
    return DashScopeVlm(
        name or model,
        model,
        _key(api_key),
        base_url,
        timeout,
        clip_as,
        stream=stream or thinking or bool(re.search("qvq|omni", model)),
        thinking=thinking,
        takes_schema=takes_schema,
        of_clip={one: parameters.pop(one) for one in _OF_CLIP if one in parameters},
        parameters=parameters,
    )


@dataclass(frozen=True, eq=False)
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

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask about a clip, at each subscription, on a thread of its own."""
        return call_with_deadline(lambda line: self._fetch(clip, prompt, line), self.timeout, self.name)

    def with_schema(self, schema: JsonSchema) -> DashScopeVlm:
        """Give the same model, held to JSON; itself where it thinks, which excludes that."""
        if self.thinking:
            return self
        held: dict[str, Any] = {"type": "json_object"}
        if self.takes_schema:
            held = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}
        return replace(self, parameters={**self.parameters, "response_format": held})

    def warm(self) -> None:
        """Load the SDK on a worker thread, 0.7 s of it, so that the first question need not wait."""

        def load(*_: object) -> None:
            _sdk()

        WORKERS.schedule(load)

    def _fetch(self, clip: Clip, prompt: str, line: CallSocket) -> Generator[Piece, None, None]:
        clip = self._fitting(clip)
        sdk = _sdk()
        from rxvlm.models.wire.dashscope_sdk.session import CallFailed, CallSession  # noqa: PLC0415 - it loads requests

        inline = () if self.clip_as == "upload" else _files(clip)
        with closing(CallSession(self.name, self.key, line, partial(error_in_reply, self.name), inline)) as session:
            try:
                said = sdk.MultiModalConversation.call(
                    self.model,
                    [{"role": "user", "content": [self._item(clip, line), {"text": self._text(prompt)}]}],
                    api_key=self.key,
                    base_address=self.base_url,
                    session=session,
                    headers={},
                    request_timeout=self._patience,
                    enable_thinking=self.thinking,
                    **({"stream": True, "incremental_output": True} if self.stream else {}),
                    **self.parameters,
                )
                yield from pieces_in(self.name, said if self.stream else [said])
            except CallFailed as failed:
                error = failed.error
            except RxvlmError:
                raise
            except Exception as bug:  # noqa: BLE001 - whatever the SDK makes of it
                kind = BadAnswerError if line.ready else ModelRefusedError
                error = kind(f"{self.name}: the SDK failed with {type(bug).__name__}: {bug}".replace(self.key, "***"))
            else:
                return
        raise error  # from here, so that nothing clings to it: the request, with the key and the clip

    @property
    def _patience(self) -> tuple[float, float]:
        """Seconds to connect, and of silence; the deadline is for all of it."""
        return min(CONNECT_SECONDS, self.timeout), self.timeout

    def _fitting(self, clip: Clip) -> Clip:
        """Mend a clip to what the model takes, or refuse it."""
        limits = next((limits for names, limits in _LIMITS if re.search(names, self.model)), Limits())
        video = clip.media_type == MP4 if self.clip_as in ("auto", "upload") else self.clip_as == "video"
        if self.clip_as == "upload":
            limits = replace(limits, size=encoded_size(_UPLOAD_BYTES))
        elif not video:
            limits = replace(limits, most_frames=min(limits.most_frames, _INLINE_PICTURES))
        return as_video(clip, limits, self.name) if video else as_pictures(clip, limits, self.name)

    def _item(self, clip: Clip, line: CallSocket) -> dict[str, Any]:
        """Write a clip as a part of the question: marks stand for what is inline."""
        from rxvlm.models.wire.dashscope_sdk.session import MARK  # noqa: PLC0415 - as above

        files = _files(clip)
        addresses = [f"data:{clip.media_type};base64,{MARK}"] * len(files)
        if self.clip_as == "upload":
            from rxvlm.models.wire.dashscope_sdk.upload import Storage  # noqa: PLC0415 - as above

            base_url = self.base_url or _sdk().base_http_api_url
            addresses = Storage(self.model, base_url, self.key, self._patience, line).put(files, clip.media_type)
        video = addresses[0] if clip.media_type == MP4 else addresses
        return {"video": video, "fps": dashscope_fps(clip), **self.of_clip}

    def _text(self, prompt: str) -> str:
        """Give what is asked: never the name of a file, which the SDK would upload."""
        held = self.parameters.get("response_format", {}).get("type") == "json_object"
        return f"\n{mentioning_json(prompt) if held else prompt}"


def _files(clip: Clip) -> Sequence[bytes]:
    return [clip.data] if isinstance(clip.data, bytes) else clip.data


def _sdk() -> Any:  # noqa: ANN401 - the SDK's types are partly unknown
    import dashscope as sdk  # noqa: PLC0415 - 0.7 s, and 60 MB

    return sdk


def _key(given: str | None) -> str:
    """Find the key where the SDK does."""
    key = given or os.environ.get("DASHSCOPE_API_KEY") or ""
    files = (os.environ.get("DASHSCOPE_API_KEY_FILE_PATH"), Path.home() / ".dashscope" / "api_key")
    for file in files:
        if not key.strip() and file and Path(file).is_file():
            key = Path(file).read_text(encoding="utf-8")
    key = key.strip()
    if not key:
        raise ModelUnauthorizedError("there is no key for DashScope: set DASHSCOPE_API_KEY, or give api_key=")
    if not re.fullmatch(r"[!-~]+", key):
        raise ModelUnauthorizedError("the key for DashScope has characters in it that no key has")
    return key
