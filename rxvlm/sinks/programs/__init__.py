"""Parts of `command`: the fields of an item, templates of arguments, and the run of a program."""
