"""The drawn scene behind ``demo:`` addresses: who is where, and how it looks. Pure functions of the time."""
