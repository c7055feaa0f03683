"""The parts of `breaker`: when a model may be asked."""
