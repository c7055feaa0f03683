"""Shapes of answers: what `structured` asks for, and how it makes values of what comes."""
