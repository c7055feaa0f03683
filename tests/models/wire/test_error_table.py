from __future__ import annotations

import json
import pickle

import pytest

from rxvlm import errors
from rxvlm.errors import ModelError
from rxvlm.models.wire.error_table import model_error
from rxvlm.models.wire.refusal import Refusal, read_error_body, read_refusal

NOW = 1_800_000_000.0

# Every situation that DashScope documents: status, code, words, our error, whether to ask again.
DASHSCOPE: list[tuple[int, str, str, type[ModelError], bool]] = [
    (400, "InvalidParameter", "The video file is too short", errors.ClipTooShortError, False),
    (400, "InternalError.Algo.InvalidParameter", "The video file is too short", errors.ClipTooShortError, False),
    (400, "InvalidParameter", "The video file is too long", errors.ClipTooLargeError, False),
    (400, "InvalidParameter", "the range of sequence images should be (4, 512).", errors.ClipTooLargeError, False),
    (400, "BadRequest.TooLarge", "Exceeded limit", errors.ClipTooLargeError, False),
    (
        400,
        "InvalidParameter",
        "Exceeded limit on max bytes per data-uri item : 10485760",
        errors.ClipTooLargeError,
        False,
    ),
    (400, "InvalidParameter", "Range of input length should be [1, 129024]", errors.ClipTooLargeError, False),
    (400, "InvalidParameter", "Invalid video file.", errors.ModelRefusedError, False),
    (400, "InternalError.Algo.InvalidParameter", "wrong", errors.ModelRefusedError, False),
    (400, "InvalidParameter", "CallFailed to download multimodal content", errors.ModelRefusedError, False),
    (400, "InvalidParameter", "url error, please check url!", errors.ModelNotFoundError, False),
    (400, "DataInspectionFailed", "may contain inappropriate content", errors.ContentFilteredError, False),
    (400, "Arrearage", "Access denied, account in arrears", errors.ModelUnpaidError, False),
    (401, "InvalidApiKey", "Invalid API-key provided.", errors.ModelUnauthorizedError, False),
    (403, "AccessDenied", "Access denied.", errors.ModelUnauthorizedError, False),
    (403, "AccessDenied.Unpurchased", "not activated", errors.ModelUnauthorizedError, False),
    (403, "Model.AccessDenied", "no right", errors.ModelUnauthorizedError, False),
    (403, "AllocationQuota.FreeTierOnly", "free tier is used up", errors.ModelUnpaidError, False),
    (404, "ModelNotFound", "no such model", errors.ModelNotFoundError, False),
    (404, "model_not_supported", "not here", errors.ModelNotFoundError, False),
    (404, "WorkSpaceNotFound", "no such workspace", errors.ModelNotFoundError, False),
    (429, "Throttling", "slow down", errors.ModelBusyError, True),
    (429, "Throttling.RateQuota", "rate", errors.ModelBusyError, True),
    (429, "LimitRequests", "rate", errors.ModelBusyError, True),
    (429, "Throttling.BurstRate", "rate", errors.ModelBusyError, True),
    (429, "Throttling.AllocationQuota", "tokens", errors.ModelBusyError, True),
    (429, "insufficient_quota", "tokens", errors.ModelBusyError, True),
    (429, "CommodityNotPurchased", "pay", errors.ModelUnpaidError, False),
    (429, "PrepaidBillOverdue", "pay", errors.ModelUnpaidError, False),
    (429, "PostpaidBillOverdue", "pay", errors.ModelUnpaidError, False),
    (500, "InternalError", "oops", errors.ModelFailedError, True),
    (500, "InternalError.Algo", "oops", errors.ModelFailedError, True),
    (500, "InternalError.Timeout", "oops", errors.ModelFailedError, True),
    (500, "SystemError", "oops", errors.ModelFailedError, True),
    (500, "ModelServiceFailed", "oops", errors.ModelFailedError, True),
    (500, "RequestTimeOut", "300 s", errors.ModelTimeoutError, False),
    (500, "ModelServingError", "oops", errors.ModelFailedError, True),
    (503, "ModelUnavailable", "oops", errors.ModelFailedError, True),
]


@pytest.mark.parametrize(("status", "code", "words", "kind", "retryable"), DASHSCOPE)
def test_every_documented_error_is_one_of_ours(
    status: int, code: str, words: str, kind: type[ModelError], *, retryable: bool
) -> None:
    """Status, code and words decide the error; it keeps the code and the words."""
    error = model_error("qwen", Refusal(status, code, words, "r-1"))
    assert (type(error), error.retryable, error.code, error.request_id) == (kind, retryable, code, "r-1")
    assert str(error).startswith("qwen ")
    assert str(error).endswith(f"{code}: {words}")


@pytest.mark.parametrize(("status", "code", "words", "kind", "retryable"), DASHSCOPE)
def test_an_error_inside_a_stream_is_known_by_its_code(
    status: int, code: str, words: str, kind: type[ModelError], *, retryable: bool
) -> None:
    """A business error with status 200 is the same error, as far as its code tells."""
    error = model_error("qwen", Refusal(200, code, words))
    assert type(error) is kind, (status, retryable)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (302, errors.ModelNotFoundError, False),
        (400, errors.ModelRefusedError, False),
        (402, errors.ModelUnpaidError, False),
        (405, errors.ModelNotFoundError, False),
        (408, errors.ModelTimeoutError, False),
        (413, errors.ClipTooLargeError, False),
        (418, errors.ModelRefusedError, False),
        (502, errors.ModelFailedError, True),
        (504, errors.ModelTimeoutError, False),
    ],
)
def test_a_bare_status_decides_where_nothing_is_said(status: int, kind: type[ModelError], *, retryable: bool) -> None:
    """The page of a proxy has no code: its status is one, and is the code."""
    error = model_error("qwen", read_refusal(status, b"", {}, NOW))
    assert (type(error), error.retryable, error.code) == (kind, retryable, str(status))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"code": "Throttling", "message": "slow", "request_id": "r"}, ("Throttling", "slow", "r")),
        ({"error": {"code": "limit_requests", "message": "slow"}, "request_id": "r"}, ("limit_requests", "slow", "r")),
        ({"error": {"type": "invalid", "message": "bad", "code": None}}, ("invalid", "bad", "")),
        ({"error": "model is not there"}, ("", "model is not there", "")),
        ({"detail": "not allowed"}, ("", "not allowed", "")),
        ({"code": 400, "message": ["a", "b"]}, ("400", '["a", "b"]', "")),
        ("a string", ("", '"a string"', "")),
    ],
)
def test_bodies_of_every_provider_are_read(body: object, said: tuple[str, str, str]) -> None:
    """DashScope writes flat, OpenAI nests, Ollama gives a string."""
    assert read_error_body(json.dumps(body).encode()) == said


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b'{"code": "Intern', '{"code": "Intern'),
        (b"<html><body>\nBad <b>gateway</b></body></html>", "Bad gateway"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 1000, "x" * 297 + "..."),
    ],
)
def test_what_is_no_json_gives_its_words(body: bytes, words: str) -> None:
    """A page, garbage or nothing is quoted as far as it is text, up to a bound."""
    assert read_error_body(body) == ("", words, "")


def test_the_head_tells_the_request_and_when_to_come_again() -> None:
    """Names of headers are read in any case."""
    said = read_refusal(429, b"{}", {"X-Request-Id": "r-2", "RETRY-AFTER": "2.5"}, NOW)
    assert (said.request_id, said.retry_after) == ("r-2", 2.5)
    assert model_error("qwen", said).retry_after == 2.5


def test_no_error_repeats_a_login() -> None:
    """Addresses in a server's words lose their secrets."""
    error = model_error("qwen", Refusal(400, "", "cannot fetch https://me:pass@host/clip?token=abc"))
    assert "pass" not in str(error)
    assert "abc" not in str(error)


def test_an_error_with_all_its_facts_pickles() -> None:
    """It arrives in another process unchanged."""
    error = model_error("qwen", Refusal(429, "Throttling", "slow", "r-3", 2.0))
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.retryable, back.code) == (type(error), str(error), True, "Throttling")
    assert (back.request_id, back.retry_after) == ("r-3", 2.0)
