"""HTTP requests to cameras: time-outs, logins, and errors as our own."""

from __future__ import annotations

import errno
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx

from rxvlm.errors import (
    SourceError,
    SourceNotFoundError,
    SourceRefusedError,
    SourceTimeoutError,
    SourceUnauthorizedError,
)
from rxvlm.sources.running.host import no_such_host
from rxvlm.sources.web.login import split_login
from rxvlm.uri import Address

HTTP_SECONDS = 5.0
_STATUS: Final[Mapping[int, tuple[type[SourceError], str]]] = {
    401: (SourceUnauthorizedError, "wants another user name or password"),
    403: (SourceUnauthorizedError, "forbids this user to look"),
    404: (SourceNotFoundError, "does not know this path"),
}


@contextmanager
def client_of(where: Address) -> Generator[tuple[httpx.Client, str]]:
    """Return a client for a camera, and the camera's address without its login.

    Certificates are not checked, as FFmpeg does not check them: cameras mostly have unsigned ones.
    """
    target, login = split_login(where.target)
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "rxvlm"}
    with httpx.Client(
        auth=login,
        headers=headers,
        timeout=HTTP_SECONDS,
        follow_redirects=True,
        verify=False,  # noqa: S501 - see above
    ) as client:
        yield client, target


@contextmanager
def our_errors(where: Address) -> Generator[None]:
    """Turn what httpx raises inside into our own errors, which show no password.

    Raises:
        SourceError: If the request fails; a subclass says why.
    """
    try:
        yield
    except httpx.TimeoutException:
        raise SourceTimeoutError(f"{where.safe} did not answer within {HTTP_SECONDS:g} s", where.safe) from None
    except httpx.ConnectError as error:
        refused = f"Errno {errno.ECONNREFUSED}" in str(error)
        if refused:
            raise SourceRefusedError(f"{where.safe} refuses the connection", where.safe) from None
        raise no_such_host(where) or SourceError(f"{where.safe} cannot be reached", where.safe) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"{where.safe} cannot be read: {type(error).__name__}", where.safe) from None


def check_status(response: httpx.Response, where: Address) -> None:
    """Raise the error for a response that is not a success.

    Raises:
        SourceError: If the status is 400 or more; a subclass says why.
    """
    if response.status_code < httpx.codes.BAD_REQUEST:
        return
    kind, message = _STATUS.get(response.status_code, (SourceError, f"answers with status {response.status_code}"))
    raise kind(f"{where.safe} {message}", where.safe)


def media_type(response: httpx.Response) -> str:
    """Return the media type of a response in lower case, without parameters; "" if it has none."""
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
