"""The drawn scene behind ``demo:`` addresses: pure functions from a time to a picture."""
