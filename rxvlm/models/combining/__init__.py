"""What the combinators of `rxvlm.models` share: finding the models inside a model."""
