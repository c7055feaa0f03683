"""Parts of the steps that have a bound."""
