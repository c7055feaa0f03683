"""Classical vision, for `rxvlm.models.opencv`: pure functions from pictures to facts to sentences."""
