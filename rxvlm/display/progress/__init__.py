"""Progress of something that takes a while: a bar in a terminal or in a notebook's cell."""
