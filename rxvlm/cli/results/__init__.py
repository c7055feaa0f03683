"""`rxvlm results`: search a store; and its commands `show`, `ask`, `why` and `delete`."""
