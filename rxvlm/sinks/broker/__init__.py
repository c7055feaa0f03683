"""Parts of `rxvlm.sinks.mqtt`: the broker's address, the connection, and what Home Assistant is told."""
