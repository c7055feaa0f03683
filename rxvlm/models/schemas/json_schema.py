"""How a model is asked for JSON: natively where it can, in words where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from rxvlm.vlm import Vlm

JsonSchema: TypeAlias = Mapping[str, Any]


@runtime_checkable
class TakesSchema(Protocol):
    """A model that can be held to JSON by its server, or that passes the wish on to one."""

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Give the same model, sharing all it holds, that asks its server for JSON of this schema."""
        ...


def with_schema(model: Vlm, schema: JsonSchema) -> Vlm:
    """Give the model that asks its server for JSON of a schema; the model itself where it cannot.

    Whoever relies on it says in the prompt what is wanted, too: not every server keeps a schema.
    """
    return model.with_schema(schema) if isinstance(model, TakesSchema) else model


def mentioning_json(prompt: str) -> str:
    """Give a prompt that has the word JSON in it: without it, servers that are held to a JSON object refuse."""
    return prompt if "json" in prompt.lower() else f"{prompt}\nAnswer in JSON."
