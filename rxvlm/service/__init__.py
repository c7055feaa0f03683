"""One file that says what to watch, and a process that keeps doing it."""
