"""Parts of the steps that make windows by time: where windows begin, and which are still open."""
