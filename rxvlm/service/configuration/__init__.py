"""The configuration file: it is read, checked as a whole, and converted to values."""
