"""Floor 3: calls to models, and the log of them."""
