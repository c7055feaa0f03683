"""The live table of cameras in a terminal, its rows, and the summary at the end."""
