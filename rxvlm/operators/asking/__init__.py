"""Parts of the steps that ask a model: the prompts, and the calls."""
