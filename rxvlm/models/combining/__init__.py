"""What combinators do with the models inside them."""
