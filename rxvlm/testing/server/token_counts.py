"""The tokens of a request by the published rule: what a real server would bill."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

_FPS = 2.0  # frames per second at which a video is sampled, unless the request says
_KINDS = ("video", "video_url", "image", "image_url")


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Numbers of tokens, by what they stand for."""

    text: int
    video: int
    image: int
    said: int
    thought: int

    @property
    def asked(self) -> int:
        """All tokens of the question."""
        return self.text + self.video + self.image

    @property
    def answered(self) -> int:
        """All tokens of the answer."""
        return self.said + self.thought


def fields_of(value: object) -> dict[str, Any]:
    """Return the fields of a JSON object; none if it is not an object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def parts_of(body: object) -> Iterator[dict[str, Any]]:
    """Return the parts of all messages of a chat, in either protocol; a plain text counts as one part."""
    for message in _dicts(fields_of(fields_of(body).get("input")).get("messages") or fields_of(body).get("messages")):
        content = message.get("content")
        if isinstance(content, str):
            yield {"text": content}
        else:
            yield from _dicts(content)


def addresses_of(part: Mapping[str, Any]) -> list[str]:
    """Return the addresses of the video or the pictures of a part, in either protocol."""
    for kind in _KINDS:
        value = part.get(kind)
        found = _list(value) or [fields_of(value).get("url", value)]
        if value:
            return [one for one in found if isinstance(one, str)]
    return []


def count_tokens(body: object, said: str, thought: str, uploads: Mapping[str, bytes]) -> TokenCounts:
    """Count the tokens of a chat and its answer.

    A video is sampled at the requested ``fps``, up to ``max_frames``; a picture costs half of what two pairs of
    frames cost. A video or picture that is neither inline nor uploaded, or cannot be decoded, costs nothing.

    Args:
        body: The body of the request.
        said: The text of the answer.
        thought: What the model thought before it answered.
        uploads: The uploaded objects that ``oss://`` addresses name, by key.
    """
    from rxvlm.models.wire.tokens import text_tokens  # rxvlm.models loads cv2, the server without need

    text = video = image = 0
    for part in parts_of(body):
        text += text_tokens(str(part.get("text", "")))
        addresses = addresses_of(part)
        if addresses and ("video" in part or "video_url" in part):
            video += _video(part, addresses, uploads)
        elif addresses:
            image += _picture(part, addresses[0], uploads)
    return TokenCounts(text, video, image, text_tokens(said), text_tokens(thought))


def _video(part: dict[str, Any], addresses: list[str], uploads: Mapping[str, bytes]) -> int:
    seen = _seen(addresses[0], uploads)
    if seen is None:
        return 0
    seconds, width, height = seen
    frames = seconds * float(part.get("fps", _FPS)) if isinstance(part.get("video", ""), str) else len(addresses)
    return _tokens(part, min(frames, part.get("max_frames", frames)), width, height)


def _picture(part: dict[str, Any], address: str, uploads: Mapping[str, bytes]) -> int:
    seen = _seen(address, uploads)
    return (_tokens(part, 0, seen[1], seen[2]) - 2) // 2 + 2 if seen else 0  # 0 frames count as 4: two pairs


def _tokens(part: dict[str, Any], frames: float, width: int, height: int) -> int:
    from rxvlm.models.wire.tokens import video_tokens

    bounds = {name: part[name] for name in ("min_pixels", "max_pixels", "total_pixels") if name in part}
    return video_tokens(frames, width, height, **bounds)


def _seen(address: str, uploads: Mapping[str, bytes]) -> tuple[float, int, int] | None:
    """Return (seconds, width, height) of a video or picture; None if it cannot be read."""
    import av  # slow to load, and only needed here
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(_data(address, uploads)), "r") as container:
            stream = container.streams.video[0]
            return (container.duration or 0) / av.time_base, stream.width, stream.height
    except (FFmpegError, IndexError, KeyError, binascii.Error):
        return None


def _data(address: str, uploads: Mapping[str, bytes]) -> bytes:
    if address.startswith("oss://"):
        return uploads[address.removeprefix("oss://")]
    return base64.b64decode(address.partition("base64,")[2], validate=True)


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _dicts(value: object) -> Iterable[dict[str, Any]]:
    return (fields_of(one) for one in _list(value))
