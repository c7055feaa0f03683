"""Parts of the steps that make events: the rules at work in one subscription."""
