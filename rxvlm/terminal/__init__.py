"""`LiveTable`, and what is printed when a run is over."""
