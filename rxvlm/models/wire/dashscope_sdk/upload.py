"""Storage: the upload of clips to DashScope's own storage, which keeps them for 48 hours and is meant for tests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import uuid4

from rxvlm.clip import JPEG, MP4
from rxvlm.errors import BadAnswerError, ModelError
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.dashscope_sdk.session import CallFailed, CallSession
from rxvlm.models.wire.error_table import model_error
from rxvlm.models.wire.refusal import read_refusal

_OK = 200
_FIELDS: Final = {
    "OSSAccessKeyId": "oss_access_key_id",
    "Signature": "signature",
    "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl",
    "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}


@dataclass(frozen=True, slots=True)
class Storage:
    """The storage for the clips of a model.

    The SDK's own upload is not used: it asks its default address for permission whatever the base URL, waits up to
    an hour whatever the time-out, and cannot be interrupted.

    Attributes:
        model: The model that will look at the clips.
        base_url: The address that gives the permission.
        key: The API key, sent to that address only.
        timeout: Seconds to connect, and seconds of silence.
        call_socket: Keeps the socket, so that another thread can shut it.
    """

    model: str
    base_url: str
    key: str = field(repr=False)
    timeout: tuple[float, float]
    call_socket: CallSocket

    def put(self, files: Sequence[bytes], media_type: str) -> list[str]:
        """Upload files one after the other, and return their ``oss://`` addresses.

        Raises:
            CallFailed: If the permission or the storage is refused.
        """
        suffix = "mp4" if media_type == MP4 else "jpg"
        with closing(CallSession(self.model, self.key, self.call_socket, partial(_refused, self.model))) as session:
            allowed = self._permission(session)
            return [self._put(session, allowed, f"{uuid4().hex}.{suffix}", data) for data in files]

    def _permission(self, session: CallSession) -> Mapping[str, str]:
        reply = session.get(
            f"{self.base_url.rstrip('/')}/uploads",
            params={"action": "getPolicy", "model": self.model},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=self.timeout,
        )
        try:
            data = reply.json()["data"]
            return {name: str(data[name]) for name in (*_FIELDS.values(), "upload_dir", "upload_host")}
        except (ValueError, LookupError, TypeError):
            raise CallFailed(BadAnswerError(f"{self.model}: the permission to upload is malformed")) from None

    def _put(self, session: CallSession, allowed: Mapping[str, str], name: str, data: bytes) -> str:
        key = f"{allowed['upload_dir']}/{name}"
        form = {field: allowed[source] for field, source in _FIELDS.items()}
        form |= {
            "key": key,
            "success_action_status": "200",
            "x-oss-content-type": MP4 if name.endswith("mp4") else JPEG,
        }
        session.post(allowed["upload_host"], data=form, files={"file": (name, data)}, timeout=self.timeout)
        return f"oss://{key}"


def _refused(name: str, status: int, body: bytes, headers: Mapping[str, str]) -> ModelError | None:
    return None if status == _OK else model_error(name, read_refusal(status, body, headers, time.time()))
