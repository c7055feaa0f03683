"""What clients of model servers share: the forms of a clip, the counting of tokens, the reading of faults."""
