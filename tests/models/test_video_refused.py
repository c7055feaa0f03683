"""A server that does not take video is asked with pictures, whatever its status and words."""

from __future__ import annotations

import base64

import pytest
from chatting import Heard, ask, model, mp4_clip, parts
from reactivex import operators as ops

from rxvlm.errors import ClipTooLargeError, ModelError, ModelFailedError, ModelRefusedError, NoVideoInputError
from rxvlm.models import retry
from rxvlm.models.wire import video_refusal
from rxvlm.testing import FakeServer, Reply
from rxvlm.testing.server import Request


def forms(server: FakeServer) -> list[str]:
    """Return the kind of each request: what the clip was sent as."""
    return [next(part["type"] for part in parts(request) if part["type"] != "text") for request in server.chats]


def refusing(refusal: Reply, pictures: Reply | str = "Pictures seen.") -> FakeServer:
    """Make a server that refuses every video so, and answers so about pictures."""

    def reply(request: Request) -> Reply:
        kinds = {part["type"] for part in parts(request)}
        shown = pictures if isinstance(pictures, Reply) else Reply(pictures)
        return shown if "image_url" in kinds else refusal

    return FakeServer(reply)


REFUSALS = {
    "llama.cpp 2026": Reply(status=400, code="400", message="unsupported content[].type"),
    "llama.cpp 2025": Reply(status=500, code="server_error", message="unsupported content[].type"),
    "Ollama": Reply(status=400, code="invalid_request_error", message="invalid message format"),
    "vLLM": Reply(status=500, code="NotImplementedError", message="Unknown part type: video_url"),
    "a relay": Reply(status=404, code="", message="No endpoints found that support input video"),
    "an unknown server": Reply(status=415, code="", message="no such thing here"),
    "far down": Reply(status=422, code="", message="x" * 300 + " 'input': 'video_url'"),
    "not implemented": Reply(status=501, code="", message="not implemented"),
    "a bare 500": Reply(status=500, fault="garbage_error"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_pictures_are_sent_instead(refusal: Reply, caplog: pytest.LogCaptureFixture) -> None:
    """The question is asked once more with pictures; that is remembered, and said once."""
    with refusing(refusal) as server:
        vlm = model(server)
        for _ in range(2):
            assert Heard(vlm.ask(mp4_clip(), "?")).wait().text == "Pictures seen."
        assert forms(server) == ["video_url", "image_url", "image_url"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "does not take video" in caplog.text


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(status=401, code="invalid_api_key"),
        Reply(status=429),
        Reply(status=503),
        Reply(status=400, code="content_filter"),
        Reply(status=400, code="", message="This model's maximum context length is 4096 tokens"),
    ],
    ids=lambda reply: f"{reply.status} {reply.code}",
)
def test_what_has_another_reason_is_no_refusal_of_video(refusal: Reply) -> None:
    """A key, a rate, a server that is down, or a clip that is too large has nothing to do with video."""
    with refusing(refusal) as server:
        vlm = model(server)
        assert isinstance(Heard(vlm.ask(mp4_clip(), "?")).wait().error, ModelError)
        assert (forms(server), vlm.refuses_video.is_set()) == (["video_url"], False)


def test_nothing_is_remembered_if_pictures_fail_too() -> None:
    """Video is tried again next time, and pictures only after a minute."""
    refused = Reply(status=400, code="", message="broken request")
    with refusing(refused, Reply(status=400, code="", message="not now")) as server:
        vlm = model(server)
        for _ in range(2):
            error = Heard(vlm.ask(mp4_clip(), "?")).wait().error
            assert type(error) is ModelRefusedError
            assert "broken request" in str(error)
        assert forms(server) == ["video_url", "image_url", "video_url"]
        assert not vlm.refuses_video.is_set()


def test_pictures_are_tried_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """When their rest is over, a video that is refused leads to pictures again."""
    monkeypatch.setattr(video_refusal, "PICTURES_REST", 0.0)
    with refusing(REFUSALS["Ollama"], Reply(status=500)) as server:
        vlm = model(server)
        for _ in range(2):
            Heard(vlm.ask(mp4_clip(), "?")).wait()
        assert forms(server) == ["video_url", "image_url"] * 2


@pytest.mark.parametrize("clip_as", ["auto", "video"])
def test_a_refused_form_is_not_retried(clip_as: str) -> None:
    """A retry does not repeat a request whose form was refused, whatever the status."""
    with refusing(REFUSALS["llama.cpp 2025"], Reply(status=400, code="", message="text only")) as server:
        vlm = retry(model(server, clip_as=clip_as), first=0.01, longest=0.01)
        error = Heard(vlm.ask(mp4_clip(), "?")).wait().error
        assert type(error) is (ModelRefusedError if clip_as == "auto" else NoVideoInputError)
        assert forms(server).count("video_url") == 1


def test_a_failure_of_the_server_is_still_retried() -> None:
    """If video and pictures get the same 500, it is a failure, and a retry goes on."""
    with FakeServer(Reply(status=500), Reply(status=500), "A car.") as server:
        vlm = retry(model(server), first=0.01, longest=0.01)
        assert Heard(vlm.ask(mp4_clip(), "?")).wait().text == "A car."
        assert forms(server) == ["video_url", "image_url", "video_url"]


def test_a_picture_answer_that_breaks_off_is_its_own_error() -> None:
    """If pieces about pictures have come, the error is that of the pictures, and pictures are not put to rest."""
    with refusing(REFUSALS["Ollama"], Reply("one two three", fault="stream_error")) as server:
        heard = ask(server, mp4_clip(), stream=True)
    assert heard.text
    assert isinstance(heard.error, ModelFailedError)


def test_llama_cpp_gets_the_part_that_it_knows() -> None:
    """Its part is ``input_video`` with bare base64; a build that does not know it gets pictures."""
    with FakeServer("A car.") as server:
        assert ask(server, mp4_clip(), server="llamacpp").text == "A car."
        (part, _) = parts(server.chats[0])
    assert part["type"] == "input_video"
    assert base64.b64decode(part["input_video"]["data"], validate=True)[4:8] == b"ftyp"
    with refusing(REFUSALS["llama.cpp 2025"]) as server:
        assert ask(server, mp4_clip(), server="llamacpp").text == "Pictures seen."
        assert forms(server) == ["input_video", "image_url"]


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (500, "image input is not supported - hint: you may need to provide the mmproj", ModelRefusedError),
        (500, "this model is missing data required for image input", ModelRefusedError),
        (400, "At most 0 image(s) may be provided in one prompt.", ModelRefusedError),
        (400, "Model does not support images. Please use a model that does.", ModelRefusedError),
        (400, "At most 1 image(s) may be provided in one request.", ClipTooLargeError),
        (400, "Too many images provided. This model supports up to 5 images", ClipTooLargeError),
        (400, "Too many images in request, max is 8", ClipTooLargeError),
        (400, "The decoder prompt (length 5020) is longer than the maximum model length of 4096.", ClipTooLargeError),
        (400, "request (5020 tokens) exceeds the available context size (4096 tokens)", ClipTooLargeError),
        (500, "the request exceeds the available context size. try increasing it", ClipTooLargeError),
        (500, "input is too large to process. increase the physical batch size", ClipTooLargeError),
        (400, "The input (5020 tokens) is longer than the model's context length (4096 tokens).", ClipTooLargeError),
        (400, "This model's maximum context length is 4096 tokens. However, you requested 5020", ClipTooLargeError),
        (400, "Requested token count exceeds the model's maximum context length of 4096 tokens.", ClipTooLargeError),
        (400, "However, the model is loaded with context length of only 4096 tokens, not enough.", ClipTooLargeError),
        (400, "The number of tokens to keep is greater than the context length (n_ctx: 4096).", ClipTooLargeError),
        (400, "prompt too long; exceeded max context length by 12 tokens", ClipTooLargeError),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5020", ClipTooLargeError),
        (400, "The input token count (5020) exceeds the maximum number of tokens allowed (4096).", ClipTooLargeError),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", ClipTooLargeError),
        (400, "Prompt contains 5020 tokens, too large for model with 4096 maximum context length", ClipTooLargeError),
        (400, "Input length 5020 exceeds the maximum allowed input length of 4096 tokens.", ClipTooLargeError),
    ],
)
def test_what_a_server_cannot_take_is_not_retried(status: int, message: str, kind: type[ModelError]) -> None:
    """The words of each server's own source decide, whatever the status; the message says what to change."""
    with FakeServer(Reply(status=status, code="", message=message)) as server:
        vlm = retry(model(server, clip_as="images"), first=0.01, longest=0.01)
        error = Heard(vlm.ask(mp4_clip(), "?").pipe(ops.to_list(), ops.flat_map(lambda pieces: pieces))).wait().error
        assert len(server.chats) == 1
    assert type(error) is kind
    assert ("--frames, --width" in str(error)) == (kind is ClipTooLargeError)
    assert ("mmproj" in str(error)) == (kind is ModelRefusedError)
