"""The store: answers, events and their clips in one SQLite file, kept, found and asked again."""
