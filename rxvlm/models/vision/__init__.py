"""Classical vision, for `rxvlm.models.opencv`: pictures become facts, facts become words. Pure functions."""
