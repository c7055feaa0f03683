"""JSON schemas: asking a model for JSON, finding it in an answer, and making typed values of it."""
