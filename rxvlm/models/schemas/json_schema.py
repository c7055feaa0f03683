"""How a model is asked for JSON: by the server's own feature if it has one, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from rxvlm.vlm import Vlm

JsonSchema: TypeAlias = Mapping[str, Any]
"""A JSON schema, as `json.loads` returns it."""


@runtime_checkable
class TakesSchema(Protocol):
    """A model whose server can enforce JSON, or a combinator that passes the schema on to such a model."""

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return a model that asks its server for JSON of this schema, and shares all state with this one."""
        ...


def with_schema(model: Vlm, schema: JsonSchema) -> Vlm:
    """Return a model that asks its server for JSON of a schema; the same model if it cannot.

    Say in the prompt, too, what is wanted: not every server enforces a schema.
    """
    return model.with_schema(schema) if isinstance(model, TakesSchema) else model


def mentioning_json(prompt: str) -> str:
    """Return the prompt, with the word JSON added if it is missing: some servers demand it for a JSON object."""
    return prompt if "json" in prompt.lower() else f"{prompt}\nAnswer in JSON."
