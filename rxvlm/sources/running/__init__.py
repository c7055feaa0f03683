"""What every source runs on: its thread and its end, delivery and counting, reconnects, clocks."""
