"""The table from what a server said (code, words, HTTP status) to one of our errors. Pure functions."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from rxvlm import errors
from rxvlm.errors import ModelError
from rxvlm.models.wire.refusal import Refusal
from rxvlm.uri import without_secrets

_BY_CODE: Final[list[tuple[str, type[ModelError]]]] = [
    (r"RequestTimeOut|request_timeout", errors.ModelTimeoutError),
    (r"Arrearage|FreeTierOnly|BillOverdue|CommodityNotPurchased|billing|payment_required", errors.ModelUnpaidError),
    (r"Data_?Inspection|content_filter|content_policy|safety", errors.ContentFilteredError),
    (r"Throttling|LimitRequests|limit_requests|rate_limit|insufficient_quota|BurstRate", errors.ModelBusyError),
    (r"InvalidApiKey|invalid_api_key|AccessDenied|Unauthorized|permission_denied", errors.ModelUnauthorizedError),
    (r"ModelNotFound|model_not_found|model_not_supported|WorkSpaceNotFound", errors.ModelNotFoundError),
    (r"TooLarge|context_length_exceeded|exceed_context_size|request_too_large", errors.ClipTooLargeError),
]
_NO_VISION: Final = (  # llama.cpp and Ollama without a projector, vLLM and LM Studio with a model of texts only
    r"image input is not supported|mmproj|missing data required for image|at most 0 image|"
    r"(?:does not|doesn't|not|endpoints found that) support (?:images?\b|vision|image input|multi-?modal)|"
    r"not a (?:multi-?modal|vision)"
)
_TOKENS: Final = r"(?:input |prompt |context |sequence )?(?:tokens?|length|window|size|len)"
_ABOUT_THE_REQUEST: Final[list[tuple[str, type[ModelError]]]] = [  # also with 500: these words leave no doubt
    (_NO_VISION, errors.ModelRefusedError),
    (  # too many pictures: vLLM, Together, Groq, Mistral, OpenAI
        r"too many (?:images|pictures)|at most [1-9]\d* image|up to \d+ images|max(?:imum)?\b.{0,30}\bimages\b",
        errors.ClipTooLargeError,
    ),
    (  # too many tokens: vLLM, SGLang, llama.cpp, LM Studio, Ollama, TGI, OpenAI, Anthropic, Gemini
        (
            rf"(?:exceed|longer than|too (?:long|large) for|greater than)\w* .{{0,50}}\b{_TOKENS}\b|"
            rf"max(?:imum)? (?:model |number of |allowed |input |prompt )*{_TOKENS}\b|max_(?:seq|model)_len|"
            r"context (?:length|size|window) of (?:only )?\d+|prompt (?:is )?too long|too long to fit|"
            r"physical batch size|must (?:be <=|have less than) \d+"
        ),
        errors.ClipTooLargeError,
    ),
    (
        (
            r"video_url|input_video|unknown (?:variant|part)|base64 encoded image|content type .{0,20}video|"
            r"(?:does not|doesn't|not|endpoints found that) support.{0,20}video|video.{0,40}(?:is|are) not supported|"
            r"at most 0 video|unsupported content"
        ),
        errors.NoVideoInputError,
    ),
]
_NOT_ABOUT_IT: Final = {401, 402, 403, 407, 408, 429, 502, 503, 504}  # statuses that say what is wrong themselves
_BY_WORDS: Final[list[tuple[str, type[ModelError]]]] = [
    (r"too short", errors.ClipTooShortError),
    (r"range of sequence images", errors.ClipTooLargeError),  # this also covers too few, but too few are never sent
    (r"too long|limit on max bytes|range of input length|too large", errors.ClipTooLargeError),
    (r"url error, please check|unexpected endpoint", errors.ModelNotFoundError),
]
_BY_STATUS: Final[dict[int, type[ModelError]]] = {
    401: errors.ModelUnauthorizedError,
    402: errors.ModelUnpaidError,
    403: errors.ModelUnauthorizedError,
    404: errors.ModelNotFoundError,
    405: errors.ModelNotFoundError,
    408: errors.ModelTimeoutError,
    413: errors.ClipTooLargeError,
    429: errors.ModelBusyError,
    504: errors.ModelTimeoutError,
}


_NOTHING_LEFT = r"billing details(?!.*(?:aliyun|alibabacloud|token-limit))"  # DashScope uses it for a rate limit, too
_SERVERS_OWN = (  # codes of a failure of the server, whatever the status
    r"InternalError(?!.*InvalidParameter)|SystemError|ModelServ|ModelUnav|internal_(?:server_)?error|server_error|"
    r"overloaded"
)


def model_error(model: str, said: Refusal, url: str = "") -> ModelError:
    """Return the error for a refusal: by the provider's code, or by its words, or by the HTTP status.

    Args:
        model: The model's name, for the message.
        said: The refusal.
        url: The address that was asked, for the message; "" if it does not help the user.
    """
    kind = _kind(said)
    words = ": ".join(part for part in (said.code, said.message) if part) or "the server sent no reason"
    status = f" ({said.status})" if said.status else ""
    return kind(
        without_secrets(f"{model} {_DOING.get(kind, 'refused')}{status}{_advice(kind, said, url)}: {words}"),
        code=said.code or str(said.status or ""),
        request_id=said.request_id,
        retry_after=said.retry_after,
    )


_SERVER_ERRORS = range(500, 1000)  # HTTP's own limit: from 500 on it is the server's fault
_DOING: Final[dict[type[ModelError], str]] = {
    errors.ModelUnauthorizedError: "does not accept the key",
    errors.ModelUnpaidError: "demands payment first",
    errors.ModelNotFoundError: "was not found",
    errors.ModelBusyError: "is too busy",
    errors.ModelFailedError: "failed",
    errors.ModelTimeoutError: "took too long",
    errors.ContentFilteredError: "refuses the content",
    errors.ClipTooShortError: "finds the clip too short",
    errors.ClipTooLargeError: "finds the clip too large",
    errors.NoVideoInputError: "does not accept video",
}


def _advice(kind: type[ModelError], said: Refusal, url: str) -> str:
    """Return what the user can change, as a part of the message; "" if nothing is known."""
    if kind is errors.ClipTooLargeError:
        return "; send fewer or smaller frames (--frames, --width)"
    if kind is errors.ModelRefusedError and re.search(_NO_VISION, said.words or said.message, re.IGNORECASE):
        return "; it sees no pictures: take a model with vision, or give its server the projector (mmproj)"
    if kind is not errors.ModelNotFoundError or not url:
        return ""
    if said.location:
        return f" at {url}; it redirects to {said.location}, which is not followed: give that address"
    base, path, _ = url.partition("/chat/completions")
    return f" at {url}" + (f"; try {base}/v1" if path and not re.search(r"/v\d", base) else "")


def _kind(said: Refusal) -> type[ModelError]:
    if said.status in range(300, 400):  # a redirect; none is followed
        return errors.ModelNotFoundError
    if said.code == "insufficient_quota" and re.search(_NOTHING_LEFT, said.message, re.IGNORECASE):
        return errors.ModelUnpaidError
    for pattern, kind in _BY_CODE:
        if re.search(pattern, said.code, re.IGNORECASE):
            return kind
    words = said.words or said.message
    tables = [] if said.status in _NOT_ABOUT_IT else [_ABOUT_THE_REQUEST]
    if said.status not in _SERVER_ERRORS:
        tables.append(_BY_WORDS)
    for pattern, kind in chain(*tables):
        if re.search(pattern, words, re.IGNORECASE):
            return kind
    known = _BY_STATUS.get(said.status)
    if known is not None:
        return known
    failed = said.status in _SERVER_ERRORS or re.search(_SERVERS_OWN, said.code)
    return errors.ModelFailedError if failed else errors.ModelRefusedError
