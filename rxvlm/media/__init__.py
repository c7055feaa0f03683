"""Compressed pictures: how they are demuxed, decoded and encoded. Independent of Frame, Window and Clip."""
