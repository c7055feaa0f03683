"""OpenAI's chat completions over httpx: what `rxvlm.models.openai_compatible` is made of."""
