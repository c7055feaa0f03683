"""What a wrong address leads to: it is taken for what was meant, or the error says what to change."""

from __future__ import annotations

import httpx
import pytest
from chatting import Heard, mp4_clip

from rxvlm.errors import ModelNotFoundError, ModelUnreachableError
from rxvlm.models import openai_compatible
from rxvlm.models.wire.chat_completions.answer import AnswerReader
from rxvlm.models.wire.chat_completions.transport import transport_error
from rxvlm.testing import FakeServer, Reply


@pytest.mark.parametrize("end", ["", "/", "/chat/completions", "/chat/completions/", "/chat"])
def test_the_whole_address_is_taken_for_what_was_meant(end: str) -> None:
    """An address up to /v1, or with the path of the questions at its end, is the same."""
    with FakeServer("A car passes.") as server:
        vlm = openai_compatible(server.openai_url + end, "m")
        assert Heard(vlm.ask(mp4_clip(), "?")).wait().text == "A car passes."


def test_without_v1_the_error_says_where_it_was_asked() -> None:
    """A 404 shows the address that was asked, and hints at /v1."""
    with FakeServer() as server:
        error = Heard(openai_compatible(server.url, "m").ask(mp4_clip(), "?")).wait().error
    assert type(error) is ModelNotFoundError
    assert f"{server.url}/chat/completions" in str(error)
    assert f"try {server.url}/v1" in str(error)


def test_with_v1_there_is_no_hint() -> None:
    """A 404 at an address with /v1 shows the address alone."""
    with FakeServer(Reply(status=404, code="model_not_found", message="no m")) as server:
        error = Heard(openai_compatible(server.openai_url, "m").ask(mp4_clip(), "?")).wait().error
    assert f"at {server.openai_url}/chat/completions: " in str(error)
    assert "try http" not in str(error)


def test_a_redirect_shows_its_target() -> None:
    """No redirect is followed, as the clip and the key are for the given address only; the error shows the target."""
    moved = Reply(status=307, headers={"Location": "https://me:s3cret@gpu.example/v1/chat/completions"})
    with FakeServer(moved) as server:
        error = Heard(openai_compatible(server.openai_url, "m").ask(mp4_clip(), "?")).wait().error
    assert type(error) is ModelNotFoundError
    assert "gpu.example/v1/chat/completions" in str(error)
    assert "s3cret" not in str(error)


def test_lm_studio_without_v1() -> None:
    """It answers a wrong path with status 200; the error is the same."""
    reader = AnswerReader("m", "m", url="http://gpu:1234/chat/completions")
    with pytest.raises(ModelNotFoundError, match="try http://gpu:1234/v1"):
        reader.read('{"error": "Unexpected endpoint or method. (POST /chat/completions)"}')


def test_a_certificate_that_is_not_trusted_is_not_retried() -> None:
    """It names SSL_CERT_FILE, and is not retried."""
    broken = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")
    error = transport_error(broken, "m", "https://gpu:8000/v1")
    assert type(error) is ModelUnreachableError
    assert not error.retryable
    assert "SSL_CERT_FILE" in str(error)
