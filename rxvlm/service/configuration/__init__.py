"""A file that says what to watch: read, checked as a whole, and made into values."""
