"""What the combinators of `rxvlm.models` share: asking the models inside them, and finding those models."""
