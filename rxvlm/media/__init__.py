"""Compressed pictures: demuxing, decoding, encoding. Independent of Frame, Window and Clip."""
