"""How values look in notebooks: pure functions from a value to HTML."""
