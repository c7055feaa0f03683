"""Parts of the steps that choose frames, or windows."""
