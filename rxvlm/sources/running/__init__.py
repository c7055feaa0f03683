"""Parts of every source: its thread and its end, delivery and counting, reconnects, clocks."""
