"""Uploads as in DashScope's protocol: the client asks for a policy (where to, under which key), then sends a form."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from rxvlm.testing.server.reply import Reply, Request

_BODY = b"\r\n\r\n"  # between the headers and the data of a part of a form


def policy(request: Request) -> dict[str, Any]:
    """Return the permission to upload to this server, under a key of its own."""
    data = {
        "policy": "eyJmYWtlIjp0cnVlfQ==",
        "signature": "FAKESIGNATURE=",
        "upload_dir": f"dashscope-instant/fake/{request.id}",
        "upload_host": f"http://{request.headers['Host']}/oss/fake",
        "expire_in_seconds": 300,
        "max_file_size_mb": 100,
        "capacity_limit_mb": 999_999_999,
        "oss_access_key_id": "LTAIFAKE",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
    return {"request_id": request.id, "data": data}


def uploaded(request: Request) -> tuple[str, bytes]:
    """Return (key, data) of an uploaded form; an empty value for a field that is missing."""
    mark = b"--" + (request.headers.get_boundary() or "").encode()
    fields: dict[str, bytes] = {}
    for part in request.body.split(mark)[1:-1]:
        head, _, data = part.partition(_BODY)
        name = re.search(rb'\bname="([^"]*)"', head)
        if name is not None:
            fields[name[1].decode()] = data.removesuffix(b"\r\n")
    return fields.get("key", b"").decode(), fields.get("file", b"")


def refusal(reply: Reply) -> bytes:
    """Write an error as the object storage does, in XML."""
    code, message = escape(reply.code or "AccessDenied"), escape(reply.message or "no")
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
