"""How values look, as pure functions; below the words, which show themselves with it."""
