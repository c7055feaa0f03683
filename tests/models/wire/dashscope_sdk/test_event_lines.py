from __future__ import annotations

import pytest

from rxvlm.models.wire.dashscope_sdk.event_lines import event_lines

ERROR = b'{"code":"InternalError","message":"boom"}'


@pytest.mark.parametrize("before", [b"", b'data: {"output": {}}\n\n', b'data: {"output": {}}\n'])
def test_an_error_that_is_no_event_is_checked(before: bytes) -> None:
    """A JSON error in the place of an event is checked as an event is, also after events."""
    checked: list[bytes] = []
    list(event_lines([before + ERROR], "m", lambda _status, data: checked.append(data)))
    assert checked[-1] == ERROR
