"""Find out which software a server runs, if its address does not say it; and whether it is ready."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

from rxvlm.models.wire.chat_completions.capabilities import SERVERS, Server
from rxvlm.models.wire.chat_completions.endpoint import Endpoint
from rxvlm.models.wire.refusal import read_error_body

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

DETECT_SECONDS: Final = 3.0
"""Seconds that finding out may take; then the server counts as unknown."""

_READY_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1_000_000
_OWNERS: Final = {
    "vllm": "vllm",
    "sglang": "sglang",
    "llamacpp": "llamacpp",
    "library": "ollama",
    "organization_owner": "lmstudio",
}
_STARTING: Final = 503


class KnownServer:
    """The known facts about the server of a model; models at the same address that are made from it share them.

    Args:
        server: The software, by its name or its address.
        asks: Whether to find out more by asking it, once.

    Attributes:
        server: What it can do.
        evidence: The reply that shows it; "" if the user or the address said it.
    """

    def __init__(self, server: Server, *, asks: bool) -> None:
        self.server = server
        self.evidence = ""
        self._asks = asks
        self._finding: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        if self._asks:
            return "'any', until it is asked"
        return repr(self.server.name) + (f", by its {self.evidence}" if self.evidence else "")

    async def find_out(self, client: AsyncClient, endpoint: Endpoint) -> None:
        """Ask the server which software it runs, if that is unknown; after any error it counts as unknown."""
        if not self._asks:
            return
        if self._finding is None or self._finding.done():
            self._finding = asyncio.create_task(self._find_out(client, endpoint))
        await asyncio.shield(self._finding)

    async def _find_out(self, client: AsyncClient, endpoint: Endpoint) -> None:
        import httpx  # it is loaded already, with the client

        try:
            async with asyncio.timeout(DETECT_SECONDS):
                name, self.evidence = await _name_of(client, endpoint)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return  # it is asked again next time: it may be starting
        except (httpx.HTTPError, TimeoutError):
            name = ""
        self._asks = False
        self.server = SERVERS.get(name, self.server)


async def why_not_ready(client: AsyncClient, endpoint: Endpoint, model: str) -> str:
    """Return why a server cannot be asked yet, in words; "" if it can.

    A question without messages is sent: a server that is ready refuses it at once, and bills nothing; one that is
    loading its model says so (503).

    Args:
        client: From `new_client`.
        endpoint: The address.
        model: The server's name for the model.
    """
    import httpx  # it is loaded already, with the client

    try:
        async with asyncio.timeout(_READY_SECONDS):
            body = json.dumps({"model": model, "messages": []})
            headers = {**endpoint.headers, "Content-Type": "application/json"}
            async with client.stream("POST", endpoint.url, headers=headers, content=body) as response:
                if response.status_code != _STARTING:
                    return ""
                return read_error_body(await _start_of(response))[1] or "it is starting (503)"
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return f"it cannot be reached: {error}"
    except TimeoutError:
        return "it does not answer"
    except httpx.HTTPError:
        return ""  # it answers with an error: the first question shows what is wrong


async def _name_of(client: AsyncClient, endpoint: Endpoint) -> tuple[str, str]:
    """Return the name of a kind of server, and the evidence; "" and "" if it cannot be told."""
    base = endpoint.url.removesuffix("/chat/completions")
    said, header = await _get(client, f"{base}/models", endpoint)
    for owner in _owners(said):
        if owner in _OWNERS:
            return _OWNERS[owner], f"list of models (owned_by: {owner})"
    if "llama.cpp" in header.lower():
        return "llamacpp", f"Server header ({header})"
    root = re.sub(r"/v\d+$", "", base)
    said, _ = await _get(client, f"{root}/version", endpoint)
    if re.match(r"\d+\.\d+", str(said.get("version"))):
        return "vllm", f"version ({said['version']})"
    return "", ""


def _owners(said: dict[str, Any]) -> list[str]:
    """Return the owners in a list of models, if it has them."""
    models = said.get("data")
    listed = cast("list[Any]", models) if isinstance(models, list) else []
    owners = (cast("dict[str, Any]", model).get("owned_by") for model in listed if isinstance(model, dict))
    return [owner for owner in owners if isinstance(owner, str)]


async def _get(client: AsyncClient, url: str, endpoint: Endpoint) -> tuple[dict[str, Any], str]:
    """Return the JSON object at an address, empty if there is none, and the Server header."""
    async with client.stream("GET", url, headers=endpoint.headers) as response:
        body = await _start_of(response) if response.is_success else b""
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        said = None
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}, response.headers.get("server", "")


async def _start_of(response: Response) -> bytes:
    """Return the body of a response, at most the first `_MOST_BYTES`."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _MOST_BYTES:
            break
    return body
