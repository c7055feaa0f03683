"""Pictures in the cells of a terminal: half blocks, kitty's graphics, sixels, and letters without colours."""
