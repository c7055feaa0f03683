"""Parts of the steps that make windows by time: where windows lie, and those that are still open."""
