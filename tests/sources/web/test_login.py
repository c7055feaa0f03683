"""Logins of HTTP cameras: Basic and Digest, each only when it is asked for."""

from __future__ import annotations

import hashlib
import re
from http.server import BaseHTTPRequestHandler

import pytest
from odd_cameras import Odd, jpeg_of, serving, whole

from rxvlm.errors import SourceUnauthorizedError
from rxvlm.sources.web.look import Kind, look
from rxvlm.uri import address

SNAPSHOT = whole(jpeg_of(0), "image/jpeg")
BASIC, DIGEST = 'Basic realm="cam"', 'Digest realm="cam", nonce="n1", qop="auth", algorithm=MD5'


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def is_right(given: str, path: str) -> bool:
    """Return whether an Authorization header is that of ``admin`` with the password ``p@ss``."""
    if given.startswith("Basic"):
        return given == "Basic YWRtaW46cEBzcw=="
    parts = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
    secret, asked = md5("admin:cam:p@ss"), md5(f"GET:{path}")
    return parts.get("response") == md5(f"{secret}:n1:{parts.get('nc')}:{parts.get('cnonce')}:auth:{asked}")


@pytest.mark.parametrize("challenge", [BASIC, DIGEST])
@pytest.mark.parametrize(("password", "right"), [("p%40ss", True), ("wrong", False)])
def test_a_camera_that_wants_a_login(challenge: str, password: str, right: bool) -> None:  # noqa: FBT001 - pytest passes it
    """The login is sent when it is asked for; a wrong one is an error of its own, which does not show it."""

    def answer(odd: Odd, request: BaseHTTPRequestHandler) -> None:
        if is_right(request.headers.get("authorization", ""), request.path):
            SNAPSHOT(odd, request)
        else:
            whole(b"", "text/plain", status=401, headers={"WWW-Authenticate": challenge})(odd, request)

    with serving(answer) as odd:
        where = address(odd.uri.replace("://", f"://admin:{password}@") + "/snap.jpg")
        if right:
            assert look(where) is Kind.SNAPSHOT
        else:
            with pytest.raises(SourceUnauthorizedError) as raised:
                look(where)
            assert password not in str(raised.value)
    assert "authorization" not in odd.asked[0].headers
