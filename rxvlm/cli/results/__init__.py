"""`rxvlm results`: search a store; with the commands `show`, `ask`, `why` and `delete`."""
