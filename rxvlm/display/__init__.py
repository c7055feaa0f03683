"""How values look: pure functions from a value to HTML, and to JSON."""
