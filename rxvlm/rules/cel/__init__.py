"""Conditions as text, in CEL: the words of a text, what is refused in it, and the compiled program."""
