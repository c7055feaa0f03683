"""Parts of the steps that ask a model."""
