"""OpenAI's chat completions over httpx: the parts of `rxvlm.models.openai_compatible`."""
