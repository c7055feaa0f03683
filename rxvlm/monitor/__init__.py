"""The full-screen monitor: what it shows and does of a run, or of a store alone."""
