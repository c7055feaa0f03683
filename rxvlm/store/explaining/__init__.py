"""The parts of `Store.why`: the rows that are about a moment, and the sentence that they make."""
