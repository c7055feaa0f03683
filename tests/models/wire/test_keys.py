from __future__ import annotations

import pytest

from rxvlm.errors import ModelUnauthorizedError
from rxvlm.models import dashscope, openai_compatible

WRONG = {"'sk-1'": "quotes", '"sk-1"': "quotes", "Bearer sk-1": "Bearer", "bearer sk-1": "Bearer"}


@pytest.mark.parametrize(("key", "says"), WRONG.items())
def test_what_was_copied_with_a_key_is_said(key: str, says: str) -> None:
    """Quotes and "Bearer " around a key are an error at once, which does not show the key."""
    with pytest.raises(ValueError, match=says) as caught:
        openai_compatible("http://127.0.0.1:9/v1", "m", key)
    assert "sk-1" not in str(caught.value)
    with pytest.raises(ModelUnauthorizedError, match=says) as refused:
        dashscope(api_key=key)
    assert "sk-1" not in str(refused.value)
