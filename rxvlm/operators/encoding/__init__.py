"""Parts of the steps that make clips of windows."""
