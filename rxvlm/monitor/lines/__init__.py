"""What a monitor shows as lines of styled text: pure functions from values and a width."""
