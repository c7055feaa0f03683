"""Write the body of a request from a clip and a prompt, in the form that a server accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from rxvlm.clip import JPEG, MP4, Clip
from rxvlm.models.schemas.json_schema import JsonSchema, mentioning_json
from rxvlm.models.wire.chat_completions.capabilities import Form, Server
from rxvlm.models.wire.clip_forms import ClipAs, as_pictures, as_video, dashscope_fps
from rxvlm.models.wire.streamed_body import StreamedBody

_OBJECT = {"type": "json_object"}


@dataclass(frozen=True, slots=True, eq=False)
class Inline:
    """Data that is written into a body as base64, in a ``data:`` URL if it has a media type."""

    data: bytes = field(repr=False)
    media_type: str = ""


def json_body(content: Mapping[str, Any]) -> StreamedBody:
    """Write JSON whose clips are encoded while it is sent.

    >>> b"".join(json_body({"url": Inline(b"abc", "image/jpeg"), "text": "hello"}))
    b'{"url": "data:image/jpeg;base64,YWJj", "text": "hello"}'

    Args:
        content: What `json.dumps` takes, with an `Inline` in the place of any text.
    """
    mark = uuid4().hex
    clips: list[bytes] = []

    def note(inline: Inline) -> str:
        clips.append(inline.data)
        return f"data:{inline.media_type};base64,{mark}" if inline.media_type else mark

    return StreamedBody(json.dumps(content, default=note).encode("ascii"), mark, clips)


def form_of(clip: Clip, clip_as: ClipAs, server: Server, *, video: bool) -> Form:
    """Choose the form in which a clip is sent: the best that the server accepts and the clip can take.

    Args:
        clip: The clip; pictures cannot become a video.
        clip_as: The form that the caller asked for.
        server: The kind of server.
        video: Whether anything but single pictures may be sent.
    """
    if clip_as != "auto":
        return clip_as
    for form in server.forms:
        if form == "images" or (video and (form, clip.media_type) != ("video", JPEG)):
            return form
    return "images"


def schema_format(server: Server, schema: JsonSchema) -> dict[str, Any]:
    """Return the fields that make a server answer in JSON; empty if it has none."""
    if server.json == "json_schema":
        wish: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
        return {"response_format": wish}
    return {"response_format": _OBJECT} if server.json == "json_object" else {}


def request_body(
    clip: Clip, prompt: str, form: Form, server: Server, *, name: str, parameters: Mapping[str, Any]
) -> tuple[Clip, StreamedBody]:
    """Adapt a clip to a server's limits, and write the body of the question about it.

    Args:
        clip: The clip.
        prompt: The question.
        form: The form in which the clip is sent.
        server: The kind of server.
        name: The model's name, for errors.
        parameters: Further fields of the body; a field that is None is left out.

    Returns:
        The clip as it is sent, and the body.

    Raises:
        ModelRefusedError: If a video is to be sent, and the clip is a list of pictures.
        ClipTooLargeError: If it is too large even at its smallest size.
        DecodeError: If its data is damaged.
    """
    sent, parts, hints = _FORMS[form](clip, server, name)
    if parameters.get("response_format") == _OBJECT:
        prompt = mentioning_json(prompt)
    content = [*parts, {"type": "text", "text": prompt}]
    usage = {"stream_options": {"include_usage": True}} if parameters.get("stream") and server.stream_usage else {}
    body = {"messages": [{"role": "user", "content": content}], **hints, **usage, **parameters}
    return sent, json_body({key: value for key, value in body.items() if value is not None})


def _video(clip: Clip, server: Server, name: str) -> tuple[Clip, list[dict[str, Any]], dict[str, Any]]:
    clip = as_video(clip, server.limits, name)
    data = clip.contents
    assert isinstance(data, bytes)  # noqa: S101 - `as_video` returns one file
    part: dict[str, Any] = {"type": "video_url", "video_url": {"url": Inline(data, MP4)}}
    if server.video_part == "input_video":
        part = {"type": "input_video", "input_video": {"data": Inline(data)}}
    if server.sampling == "fps":
        part["fps"] = dashscope_fps(clip)
    frames = {"media_io_kwargs": {"video": {"num_frames": len(clip.times)}}}
    return clip, [part], frames if server.sampling == "num_frames" else {}


def _frames(clip: Clip, server: Server, name: str) -> tuple[Clip, list[dict[str, Any]], dict[str, Any]]:
    clip = as_pictures(clip, server.limits, name)
    return clip, [{"type": "video", "video": _inlines(clip), "fps": round(clip.fps, 3)}], {}


def _images(clip: Clip, server: Server, name: str) -> tuple[Clip, list[dict[str, Any]], dict[str, Any]]:
    clip = as_pictures(clip, replace(server.limits, frames=1, most_frames=server.most_images), name)
    parts: list[dict[str, Any]] = []
    for number, (time, picture) in enumerate(zip(clip.times, _inlines(clip), strict=True), 1):
        parts.append({"type": "text", "text": f"Frame {number}, t={time - clip.times[0]:.2f} s:"})
        parts.append({"type": "image_url", "image_url": {"url": picture}})
    return clip, parts, {}


def _inlines(clip: Clip) -> list[Inline]:
    data = clip.contents
    assert isinstance(data, tuple)  # noqa: S101 - `as_pictures` returns a list of files
    return [Inline(one, JPEG) for one in data]


_FORMS = {"video": _video, "frames": _frames, "images": _images}
