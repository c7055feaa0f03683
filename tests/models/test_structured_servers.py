from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel
from reactivex import Observable

from rxvlm import Clip
from rxvlm.errors import PartialAnswerError
from rxvlm.media import jpeg
from rxvlm.models import Box, dashscope, openai_compatible, structured
from rxvlm.testing import FakeServer, Reply
from rxvlm.vlm import Vlm

pytestmark = pytest.mark.usefixtures("clean_environment")
PICTURE = jpeg.encode(np.zeros((480, 640, 3), np.uint8), 80)
CLIP = Clip((PICTURE,) * 4, "image/jpeg", (0.0, 0.5, 1.0, 1.5), 640, 480, 0.0, 2.0)
Hear = Callable[[Observable[Any]], Any]
Client = Callable[[FakeServer], Vlm]


class Car(BaseModel):
    where: Box


def native(server: FakeServer) -> Vlm:
    return dashscope("qwen3-vl-plus", api_key="sk-test", base_url=server.dashscope_url, name="yard")


def compatible(server: FakeServer) -> Vlm:
    return openai_compatible(server.openai_url, "qwen3-vl-plus", "sk-test", server="vllm", name="yard")


CLIENTS = pytest.mark.parametrize("client", [native, compatible])


@CLIENTS
def test_a_wrong_answer_is_mended_over_the_wire(client: Client, hear: Hear) -> None:
    """Both requests ask for JSON, and the second says what was wrong."""
    right = '```json\n{"where": [250, 500, 750, 1000]}\n```'
    with FakeServer(Reply('{"where": [0.25, 0.5, 0.75, 1]}'), Reply(right)) as server:
        piece = hear(structured(client(server), Car).ask(CLIP, "Where is the car?")).items[-1]
        first, second = (json.dumps(request.json, ensure_ascii=False) for request in server.chats)
    assert piece.value == Car(where=Box(0.25, 0.5, 0.75, 1.0))
    assert '"response_format": {"type": "json_' in first
    assert '"response_format": {"type": "json_' in second
    assert "the box [0.25, 0.5, 0.75, 1] is not [x1, y1, x2, y2]" in second
    assert piece.usage
    assert piece.request_id


@CLIENTS
def test_an_answer_cut_short_is_partial_over_the_wire(client: Client, hear: Hear) -> None:
    """The server's limit of tokens ends it; one request is made."""
    with FakeServer(Reply('{"where": [250, 5', finish_reason="length")) as server:
        error = hear(structured(client(server), Car).ask(CLIP, "Where is the car?")).error
        assert len(server.chats) == 1
    assert isinstance(error, PartialAnswerError)
