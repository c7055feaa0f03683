"""How every source runs: its thread, its reconnects, its clock."""
