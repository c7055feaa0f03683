"""Parts of the steps that hold items in a bounded queue."""
