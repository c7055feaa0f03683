"""The table from what a server said (code, words, HTTP status) to one of our errors. Pure functions."""

from __future__ import annotations

import re
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
    (r"TooLarge|context_length_exceeded|request_too_large", errors.ClipTooLargeError),
]
_BY_WORDS: Final[list[tuple[str, type[ModelError]]]] = [
    (r"too short", errors.ClipTooShortError),
    (r"range of sequence images", errors.ClipTooLargeError),  # this also covers too few, but too few are never sent
    (r"too long|limit on max bytes|range of input length|maximum context|too large", errors.ClipTooLargeError),
    (r"url error, please check", errors.ModelNotFoundError),
    (
        (
            r"video_url|input_video|unknown (?:variant|part)|base64 encoded image|content type .{0,20}video|"
            r"(?:does not|doesn't|not|endpoints found that) support.{0,20}video|video.{0,40}(?:is|are) not supported|"
            r"at most 0 video|unsupported content"
        ),
        errors.NoVideoInputError,
    ),
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


def model_error(model: str, said: Refusal) -> ModelError:
    """Return the error for a refusal: by the provider's code, else by its words, else by the HTTP status.

    Args:
        model: The model's name, for the message.
        said: The refusal.
    """
    kind = _kind(said)
    words = ": ".join(part for part in (said.code, said.message) if part) or "the server gave no reason"
    status = f" ({said.status})" if said.status else ""
    return kind(
        without_secrets(f"{model} {_DOING.get(kind, 'refused')}{status}: {words}"),
        code=said.code or str(said.status or ""),
        request_id=said.request_id,
        retry_after=said.retry_after,
    )


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


_SERVER_ERRORS = range(500, 1000)  # HTTP's own limit: from 500 on it is the server's fault


def _kind(said: Refusal) -> type[ModelError]:
    if said.status in range(300, 400):  # a redirect; none is followed
        return errors.ModelNotFoundError
    if said.code == "insufficient_quota" and re.search(_NOTHING_LEFT, said.message, re.IGNORECASE):
        return errors.ModelUnpaidError
    for pattern, kind in _BY_CODE:
        if re.search(pattern, said.code, re.IGNORECASE):
            return kind
    if said.status not in _SERVER_ERRORS:
        for pattern, kind in _BY_WORDS:
            if re.search(pattern, said.message, re.IGNORECASE):
                return kind
    known = _BY_STATUS.get(said.status)
    if known is not None:
        return known
    failed = said.status in _SERVER_ERRORS or re.search(_SERVERS_OWN, said.code)
    return errors.ModelFailedError if failed else errors.ModelRefusedError
