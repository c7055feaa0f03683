"""How values look in notebooks, as pure functions; Frame, Window and the other values use them to show themselves."""
