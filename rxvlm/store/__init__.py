"""The store: answers, events and their clips in one SQLite file; search, and questions about old clips."""
