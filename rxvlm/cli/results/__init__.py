"""`rxvlm results`: what a store has: searching it, and its commands `show`, `ask`, `why` and `delete`."""
