"""A fake model server on loopback, for tests of clients and of how they handle faults.

It speaks the protocols of DashScope and of OpenAI, and sends the replies and the faults of a script:

>>> import httpx
>>> with FakeServer(Reply(status=429, headers={"Retry-After": "2"}), "a cat") as server:
...     with httpx.Client(base_url=server.openai_url, trust_env=False) as client:
...         replies = [client.post("/chat/completions", json={"messages": []}) for _ in range(2)]
>>> [reply.status_code for reply in replies], replies[0].headers["retry-after"]
([429, 200], '2')
>>> replies[1].json()["choices"][0]["message"]["content"]
'a cat'

To run one by hand: ``python -m rxvlm.testing.server --port 8008``.
"""

from __future__ import annotations

from rxvlm.testing.server.reply import Fault, Reply, Request
from rxvlm.testing.server.server import FakeServer

__all__ = ["FakeServer", "Fault", "Reply", "Request"]
