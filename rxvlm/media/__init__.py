"""Compressed pictures: how they are read, decoded and encoded again. Knows no word of the domain."""
