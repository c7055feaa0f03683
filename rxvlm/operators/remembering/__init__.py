"""Parts of the steps that look back: the newest frames of a camera, and recordings of spans among them."""
